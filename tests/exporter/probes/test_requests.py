"""Requests and redirects, without a network."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.probes.outcome import ProbeError
from exporter.probes.requests import Origin, Request, follow, may_confide

SECRETS = {"Authorization": "Bearer t", "X-Api-Key": "k"}


def asked(url, method="GET", body=b""):
    return Request(url, method, SECRETS, body)


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_stands_in_an_address_makes_one_request_line(path, query):
    written = Request(f"http://h/{path}?{query}", "GET", {}, b"").write()
    head, *_ = written.split(b"\r\n")
    assert len(head.split(b" ")) == 3
    assert head.isascii()
    assert written.count(b"\r\n\r\n") == 1


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://h/", b"Host: h"),
        ("http://h:80/", b"Host: h"),
        ("https://h:443/", b"Host: h"),
        ("https://h:80/", b"Host: h:80"),
        ("http://[::1]:8080/", b"Host: [::1]:8080"),
        ("http://me:pass@h:81/", b"Host: h:81"),
        ("http://bücher.example/", b"Host: xn--bcher-kva.example"),
    ],
)
def test_the_host_is_written_as_servers_expect_it(url, host):
    assert host in Request(url, "GET", {}, b"").write().split(b"\r\n")


@pytest.mark.parametrize("url", ["ftp://h/", "http://h:x/", "http:///x", "http://h:70000/", "mailto:me"])
def test_an_address_that_is_none_of_http_is_refused(url):
    with pytest.raises(ProbeError):
        _ = Request(url, "GET", {}, b"").origin


@pytest.mark.parametrize(
    ("before", "after", "confided"),
    [
        ("http://h/a", "http://h/b", True),
        ("http://h/a", "http://h:80/b", True),
        ("http://h/a", "https://h/b", True),
        ("https://h/a", "http://h/b", False),
        ("http://h:8080/a", "https://h/b", False),
        ("https://h/a", "https://h:8443/b", False),
        ("https://h/a", "https://h.example/b", False),
        ("https://h/a", "https://sub.h/b", False),
    ],
)
def test_secrets_stay_with_their_origin(before, after, confided):
    old, new = Request(before, "GET", {}, b"").origin, Request(after, "GET", {}, b"").origin
    assert may_confide(old, new) is confided
    assert follow(asked(before), 302, after).headers == (SECRETS if confided else {})


@given(st.sampled_from(["http", "https"]), st.sampled_from("ab"), st.integers(1, 3))
def test_an_origin_confides_in_itself_alone_or_in_its_safer_self(scheme, host, port):
    other = Origin(scheme, host, port)
    for each in (Origin("http", "a", 1), Origin("https", "a", 443)):
        assert may_confide(each, other) is (each == other)


def test_a_redirect_cannot_name_a_user_of_its_own():
    assert follow(asked("http://h/a"), 302, "http://you:x@h/b").url == "http://h/b"
    assert follow(asked("http://me:p@h/a"), 302, "http://you:x@h/b").url == "http://me:p@h/b"
    assert follow(asked("http://me:p@h/a"), 302, "http://you:x@other/b").url == "http://other/b"


@given(st.text(max_size=40) | st.from_regex(r"https?://[\[\]:@a-c0-9%/]{0,20}", fullmatch=True))
def test_wherever_a_redirect_leads_it_is_a_request_or_refused_and_secrets_stay(location):
    try:
        request = follow(asked("http://me:p@h/a"), 302, location)
        written = request.write()
    except (ProbeError, UnicodeError):
        return
    assert written.count(b"\r\n\r\n") == 1
    if request.origin not in {("http", "h", 80), ("https", "h", 443)}:
        assert not {b"Authorization", b"X-Api-Key"} & {line.partition(b":")[0] for line in written.split(b"\r\n")}


@pytest.mark.parametrize("status", [301, 302, 303])
def test_what_was_posted_is_asked_for_where_it_moved(status):
    request = follow(asked("http://h/a", "POST", b"x"), status, "b")
    assert (request.method, request.body, request.url) == ("GET", b"", "http://h/b")


@pytest.mark.parametrize("status", [307, 308])
def test_what_was_posted_is_posted_again_to_the_same_host_alone(status):
    before = asked("http://h/a", "POST", b"x")
    assert follow(before, status, "/b").body == b"x"
    with pytest.raises(ProbeError, match="another host"):
        follow(before, status, "http://other/b")


def test_no_text_of_a_request_holds_its_secrets():
    request = asked("http://me:hunter2@h/a?key=hunter2", "POST", b"hunter2")
    assert request.shown == "http://h/a"
    assert "hunter2" not in repr(request)
    assert "Bearer" not in repr(request)
