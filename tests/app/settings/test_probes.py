import json

import pytest

from medic.app.probes import spec
from medic.app.settings.loader import load
from medic.app.settings.show import show
from tests.app.settings.reading import good, wrong

CASES = {
    "probes: [{}]": ["medic.yml:1: probes[0]: asks nothing; write url: http://HOST:PORT/PATH or tcp: HOST:PORT",
                     "medic.yml:1: probes[0].name: is missing; add name: ..."],
    "probes: [{name: a, url: 'http://h/', tcp: 'h:1'}]": [
        "medic.yml:1: probes[0].tcp: given beside url; keep one of the two, or make two probes of it"
    ],
    "probes: [{name: a, url: 'ftp://h/'}]": [
        "medic.yml:1: probes[0].url: is not an HTTP address; write it as http://127.0.0.1:8092/api/stats"
    ],
    "probes: [{name: a, tcp: h}]": [
        "medic.yml:1: probes[0].tcp: 'h' is not an address; write host:port, such as 127.0.0.1:10119 or [::1]:10119"
    ],
    "probes: [{name: a, tcp: 'h:0'}]": [
        "medic.yml:1: probes[0].tcp: 'h:0' has no port; name that of the service, such as 127.0.0.1:5432"
    ],
    "probes: [{name: a, tcp: 'h:1'}, {name: a, tcp: 'h:2'}]": [
        "medic.yml:1: probes[1].name: 'a' stands at probes[0].name already; give each its own name"
    ],
    "probes: [{name: a, url: 'http://h/', timeout: 2m}]": [
        "medic.yml:1: probes[0].timeout: '2m' is too long; write at most 1m"
    ],
    "probes: [{name: a, url: 'http://h/', every: 10ms}]": [
        "medic.yml:1: probes[0].every: '10ms' is too short; write at least 1s"
    ],
    "probes: [{name: a, url: 'http://h/', method: get}]": [
        "medic.yml:1: probes[0].method: 'get' is not a method; write GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
    ],
    "probes: [{name: a, url: 'https://h/', ca_file: no.pem}]": [
        (
            "medic.yml:1: probes[0].ca_file: 'no.pem' is not a file, as /nowhere/no.pem; "
            "name one that is there and that Medic's user can read"
        )
    ],
    "probes: [{name: a, url: 'http://h/', status: [99]}]": [
        "medic.yml:1: probes[0].status[0]: '99' is too small; write at least 100"
    ],
    "probes: [{name: a, url: 'http://h/', send: x}]": [
        "medic.yml:1: probes[0].send: has a meaning beside tcp alone; remove it"
    ],
    "probes: [{name: a, tcp: 'h:1', status: 200, contains: x}]": [
        "medic.yml:1: probes[0].contains: has a meaning beside url alone; remove it",
        "medic.yml:1: probes[0].status: has a meaning beside url alone; remove it",
    ],
    "probes: [{name: a, tcp: 'h:1', insecure: true}]": [
        "medic.yml:1: probes[0].insecure: has no meaning without tls; add tls: true, or remove it"
    ],
    "probes: [{name: a, url: 'http://u:p@h/', token: t}]": [
        "medic.yml:1: probes[0].token: given beside a user in the address; keep one of the two"
    ],
    "probes: [{name: a, url: 'http://h/', headers: {'a b': x}}]": [
        "medic.yml:1: probes[0].headers: holds 'a b', which is no header; use letters, digits and -, as X-Api-Key"
    ],
    'probes: [{name: a, url: "http://h/", headers: {X: "hunter2\\nY: 1"}}]': [
        "medic.yml:1: probes[0].headers: holds X with a value of several lines or letters; write one line of Latin-1"
    ],
    "remedies: [{name: r, match: ['a=\"b\"'], target: 'probe:x', do: {notify: {}}}]\nprobes: [{name: y, tcp: 'h:1'}]": [
        "medic.yml:1: remedies[0].target: there is no probe 'x'; name one of y"
    ],
}  # fmt: skip


@pytest.mark.parametrize(("text", "messages"), CASES.items())
def test_a_mistake_is_told_with_what_to_write(text, messages):
    assert sorted(wrong(text)) == sorted(messages)


@pytest.mark.parametrize("key", ["matches", "not_matches"])
@pytest.mark.parametrize("pattern", ["(", "a{2,1}", "(?<=a)b", "a)(b"])
def test_a_pattern_that_re2_does_not_know_is_refused_where_it_stands(key, pattern):
    (line,) = wrong(f"probes: [{{name: a, url: 'http://h/', {key}: ['{pattern}']}}]")
    assert line.startswith(f"medic.yml:1: probes[0].{key}[0]: ")
    (line,) = wrong(f"probes: [{{name: a, url: 'http://h/', {key}: '{pattern}'}}]")
    assert line.startswith(f"medic.yml:1: probes[0].{key}")
    (line,) = wrong(f"probes: [{{name: a, tcp: 'h:1', expect: '{pattern}'}}]")
    assert line.startswith("medic.yml:1: probes[0].expect: ")


def first(text, **variables):
    return good(f"probes: [{text}]", **variables).configuration.probes[0]


def test_the_short_form_is_enough():
    probe = spec(first("{name: web, url: 'http://h/'}"))
    assert (probe.url, probe.timeout, probe.method, probe.status) == ("http://h/", 5.0, "GET", frozenset())
    probe = spec(first("{name: db, tcp: 'h:5432'}"))
    assert (probe.host, probe.port, probe.trust, probe.expect) == ("h", 5432, None, None)


def test_all_that_can_be_said_reaches_the_probe(tmp_path):
    (authority := tmp_path / "ca.pem").touch()
    text = """{name: web, url: 'https://h/', timeout: 2s, method: POST, headers: {X-Key: '${KEY}'}, token: t,
               body: ping, status: 503, contains: well, matches: ['o.k', '(?i)FINE'], not_matches: err.r,
               insecure: true, ca_file: 'CA', follow_redirects: false}"""
    probe = spec(first(text.replace("CA", str(authority)), KEY="k"))
    assert (probe.timeout, probe.method, probe.body, probe.status) == (2.0, "POST", b"ping", frozenset({503}))
    assert probe.headers == {"Authorization": "Bearer t", "X-Key": "k"}
    assert (probe.trust.insecure, probe.trust.ca_file, probe.follow_redirects) == (True, authority, False)
    said = "all is well, o-k and fine\n"
    assert [search(said) for search in probe.wanted] == [True, True, True]
    assert [search("nothing") for search in probe.wanted] == [False, False, False]
    assert [search("an error") for search in probe.unwanted] == [True]
    probe = spec(first(r"""{name: db, tcp: 'h:1', tls: true, send: "PING\r\n", expect: '^\+PONG$'}"""))
    assert (probe.send, probe.trust is not None) == (b"PING\r\n", True)
    assert (probe.expect("+PONG"), probe.expect("-PONG")) == (True, False)


def test_patterns_take_linear_time():
    evil = spec(first("{name: a, url: 'http://h/', matches: '(a+)+$'}")).wanted[0]
    assert evil("a" * 100_000 + "b") is False  # Python's own matcher would take for ever
    assert evil("b" + "a" * 100_000) is True


def test_secrets_are_shown_nowhere(tmp_path):
    (tmp_path / "address").write_text("http://me:hunter2@h/\n")
    text = """probes:
  - {name: web, url_file: address, headers: {X: '${KEY}', Y: hunter2}, body: hunter2}
  - {name: api, url: 'http://h/', token: hunter2}
  - {name: db, tcp: 'h:1', send: hunter2}
"""
    found = good(text, tmp_path, KEY="hunter2")
    assert "hunter2" not in repr(found.configuration)
    assert "hunter2" not in repr([spec(each) for each in found.configuration.probes])
    assert "hunter2" not in found.configuration.probes[0].shown
    assert spec(found.configuration.probes[0]).url == "http://me:hunter2@h/"
    assert found.configuration.probes[0].shown == "http://h/"


def test_what_is_shown_hides_what_a_probe_sends_and_can_be_read_again(tmp_path):
    (tmp_path / "medic.yml").write_text("""
probes:
  - {name: web, url: 'http://me:hunter2@h/', headers: {X: hunter2}, body: hunter2}
  - {name: db, tcp: 'h:1', expect: a}
""")
    shown = show(load(tmp_path / "medic.yml", variables={}))["probes"]
    assert "hunter2" not in str(shown)
    assert good(f"probes: {json.dumps(shown)}").configuration.probes[1].expect == "a"
