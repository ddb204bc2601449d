"""Probes over HTTP against real servers."""

import pytest

from exporter.admission import admit
from exporter.probes.families import families
from exporter.probes.http import LARGEST, decode
from tests.exporter.probes.asking import SOON, ask
from tests.exporter.probes.services import HELLO, tcp
from tests.harness import reserved_port


def test_a_page_that_answers_is_well_and_all_of_its_answer_is_known(plain):
    outcome = ask(plain.url("/ok"))
    assert (outcome.success, outcome.reason, outcome.by_pattern) == (True, "", False)
    answer = outcome.trail.answer
    assert (answer.status, answer.version, answer.secure) == (200, 1.1, False)
    assert (answer.length, answer.read, answer.modified) == (len(HELLO), len(HELLO), 1445412480.0)
    assert outcome.trail.address == "127.0.0.1"
    assert list(outcome.trail.phases) == ["resolve", "connect", "tls", "processing", "transfer"]
    assert outcome.trail.phases["tls"] == 0
    assert sum(outcome.trail.phases.values()) <= outcome.seconds


def test_the_request_says_what_is_configured(plain):
    headers = {"X-Api-Key": "k", "Host": "other.example", "User-Agent": "mine"}
    assert ask(plain.url("/ok?a=b c"), method="POST", headers=headers, body=b"ping").success
    method, target, seen, body = plain.last
    assert (method, target, body) == ("POST", "/ok?a=b%20c", b"ping")
    assert (seen["x-api-key"], seen["host"], seen["user-agent"]) == ("k", "other.example", "mine")
    assert (seen["content-length"], seen["connection"]) == ("4", "close")


def test_user_and_password_of_the_address_are_sent_and_told_nowhere(plain):
    outcome = ask(f"http://me:p%40ss@localhost:{plain.port}/ok?key=secret")
    assert plain.last[2]["authorization"] == "Basic bWU6cEBzcw=="
    assert plain.last[2]["host"] == f"localhost:{plain.port}"
    assert outcome.success
    told = " ".join(note.text for note in outcome.trail.log)
    assert "localhost" in told
    assert [word for word in ("me:", "p%40ss", "p@ss", "secret") if word in told] == []


def test_a_status_that_is_not_wanted_is_told(plain):
    outcome = ask(plain.url("/bad"))
    assert outcome.reason == "answered 500, not 2xx"
    assert outcome.trail.answer.status == 500
    assert ask(plain.url("/bad"), status=frozenset({500, 503})).success
    assert ask(plain.url("/ok"), status=frozenset({500, 503})).reason == "answered 200, not 500, 503"
    assert ask(plain.url("/empty")).success


def test_the_body_is_held_against_what_is_wanted_and_what_is_not(plain):
    def holds(word):
        return lambda text: word in text

    assert ask(plain.url("/ok"), wanted=(holds("hello"), holds("well")), unwanted=(holds("error"),)).success
    missed = ask(plain.url("/ok"), wanted=(holds("hello"), holds("bye")))
    assert (missed.success, missed.by_pattern) == (False, True)
    forbidden = ask(plain.url("/ok"), unwanted=(holds("bye"), holds("well")))
    assert (forbidden.success, forbidden.by_pattern) == (False, True)


def test_a_wrong_status_is_not_blamed_on_a_pattern(plain):
    assert ask(plain.url("/bad"), wanted=(lambda _: False,)).by_pattern is False


def test_a_body_is_read_in_the_letters_that_it_says(plain):
    heard = []
    assert ask(plain.url("/latin"), wanted=(lambda text: heard.append(text) or True,)).success
    assert ask(plain.url("/unheard"), wanted=(lambda text: heard.append(text) or True,)).success
    assert heard == ["Grüße", HELLO.decode()]


@pytest.mark.parametrize(
    "charset", ["idna", "punycode", "hex", "rot13", "unicode_escape", "zlib", "", "x" * 999, "a\0b"]
)
def test_a_codec_that_is_no_charset_of_pages_is_not_used(charset):
    assert decode("Grüße".encode(), charset) == "Grüße"


@pytest.mark.parametrize("charset", ["UTF-8", "latin1", "windows-1252", "gb18030", "ISO-8859-15", "utf-16"])
def test_the_usual_charsets_are_read(charset):
    assert decode("Grüße".encode(charset), charset) == "Grüße"


def test_a_header_that_is_no_moment_is_passed_over(plain):
    assert ask(plain.url("/unheard")).trail.answer.modified is None


def test_redirects_are_followed_and_counted(plain):
    outcome = ask(plain.url("/redirect"))
    assert (outcome.success, outcome.trail.redirects, outcome.trail.answer.status) == (True, 1, 200)
    assert [target for _, target, _, _ in plain.seen] == ["/redirect", "/ok"]


def test_redirects_are_followed_only_if_wanted(plain):
    outcome = ask(plain.url("/redirect"), follow_redirects=False)
    assert outcome.reason == "answered 302, not 2xx"
    assert ask(plain.url("/redirect"), follow_redirects=False, status=frozenset({302})).success


def test_redirects_without_an_end_are_given_up(plain):
    outcome = ask(plain.url("/loop"))
    assert outcome.reason == "redirected more than 10 times"
    assert len(plain.seen) == 11


def test_nothing_secret_follows_a_redirect_to_another_host(plain):
    elsewhere = plain.url("/ok", host="127.0.0.1")
    url = f"http://me:pass@localhost:{plain.port}/away?to={elsewhere}"
    assert ask(url, headers={"X-Api-Key": "k", "Cookie": "c"}).success
    first, second = plain.seen
    assert {"authorization", "x-api-key", "cookie"} <= first[2].keys()
    assert not {"authorization", "x-api-key", "cookie"} & second[2].keys()


def test_what_is_secret_goes_on_within_one_host(plain):
    url = f"http://me:pass@localhost:{plain.port}/away?to=/ok"
    assert ask(url, headers={"X-Api-Key": "k"}).success
    assert {"authorization", "x-api-key"} <= plain.last[2].keys()


def test_a_redirect_to_what_is_no_http_is_refused(plain):
    assert ask(plain.url("/away?to=file:///etc/passwd")).reason == "led to an address that is none of HTTP"


def test_a_posted_body_becomes_a_question_or_stays_as_the_status_says(plain):
    assert ask(plain.url("/away?to=/ok"), method="POST", body=b"x").success
    assert plain.last[0] == "GET"
    assert ask(plain.url("/away?to=/ok&status=307"), method="POST", body=b"x").success
    assert (plain.last[0], plain.last[3]) == ("POST", b"x")
    elsewhere = plain.url("/ok", host="127.0.0.1")
    outcome = ask(plain.url(f"/away?to={elsewhere}&status=307"), method="POST", body=b"x")
    assert "another host" in outcome.reason
    assert plain.last[1].startswith("/away")


def test_a_length_that_nobody_told_is_unknown_and_the_body_is_counted(plain):
    answer = ask(plain.url("/chunked")).trail.answer
    assert (answer.length, answer.read) == (None, 5)


def test_the_head_of_a_page_has_no_body_and_tells_its_length(plain):
    answer = ask(plain.url("/ok"), method="HEAD").trail.answer
    assert (answer.length, answer.read) == (len(HELLO), 0)


def test_no_more_than_a_mebibyte_is_read(plain):
    heard = []
    outcome = ask(plain.url("/large"), wanted=(lambda text: heard.append(len(text)) or True,))
    assert outcome.success
    assert heard == [LARGEST]
    assert outcome.trail.answer.length == (2 << 20) + 3
    assert outcome.trail.answer.read is None


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/short", "ended 95 bytes before its answer's end"),
        ("/nonsense", "answered what is no HTTP (BadStatusLine)"),
    ],
)
def test_an_answer_that_is_none_fails(plain, path, reason):
    assert ask(plain.url(path)).reason == reason


@pytest.mark.parametrize("path", ["/hang", "/drip"])
def test_a_service_that_never_ends_its_answer_fails_at_the_deadline(plain, path):
    outcome = ask(plain.url(path), timeout=SOON)
    assert outcome.reason == f"{SOON:g} s passed while it waited for the answer"
    assert outcome.trail.answer is None
    assert "processing" not in outcome.trail.phases
    assert "connect" in outcome.trail.phases


def answering(raw):
    """Ask a service that answers with *raw*, whatever it is asked."""

    def talk(connection):
        connection.recv(1 << 16)
        connection.sendall(raw)

    with tcp(talk) as port:
        return ask(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("digits", [19, 400, 5000])
def test_a_length_that_no_body_has_is_unknown(digits):
    outcome = answering(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * digits + b"\r\n\r\nhello")
    assert outcome.trail.answer.length is None
    assert admit(families(outcome))


def test_a_chunk_of_less_than_nothing_is_no_answer():
    outcome = answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n")
    assert outcome.reason == "answered with a body that is no HTTP"


def test_a_service_that_refuses_is_told(plain):
    with reserved_port() as port:
        outcome = ask(f"http://127.0.0.1:{port}/")
    assert outcome.reason == "no connection: Connection refused"
    assert outcome.trail.address == "127.0.0.1"
    assert list(outcome.trail.phases) == ["resolve"]


@pytest.mark.parametrize("host", [f"{'x' * 70}.invalid", "a..b"])
def test_a_name_that_cannot_be_one_is_told(host):
    assert ask(f"http://{host}/").reason == "has a name that is none of a host"
