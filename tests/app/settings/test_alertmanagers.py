"""``alertmanagers``: an address alone or with more, and what is refused without a word of its secrets."""

from datetime import timedelta

import pytest

from medic.app.settings.loader import load
from medic.app.settings.show import show
from tests.app.settings.reading import good, wrong

ADVICE = "write it as http://127.0.0.1:9093, with the path under which it is served if there is one"


def test_an_address_alone_is_enough():
    [found] = good('alertmanagers: ["http://127.0.0.1:9093/am/"]').configuration.alertmanagers
    assert (found.url, found.token, found.timeout) == ("http://127.0.0.1:9093/am", None, timedelta(seconds=10))


def test_it_may_have_a_timeout_and_a_token_of_a_file(tmp_path):
    (tmp_path / "am.token").write_text("secret\n")
    text = "alertmanagers: [{url: 'https://am.example', timeout: 2s, token_file: am.token}]"
    [found] = good(text, tmp_path).configuration.alertmanagers
    assert (found.timeout, found.token.get_secret_value()) == (timedelta(seconds=2), "secret")


def test_an_address_may_come_from_the_environment():
    [found] = good('alertmanagers: ["http://${WHERE}:9093"]', WHERE="am.example").configuration.alertmanagers
    assert found.url == "http://am.example:9093"


def test_no_secret_is_shown(tmp_path):
    (tmp_path / "am.token").write_text("hidden\n")
    file = tmp_path / "medic.yml"
    file.write_text("alertmanagers: ['http://me:hidden@a:9093', {url: 'http://b:9093', token_file: am.token}]\n")
    settings = load(file, variables={})
    assert "hidden" not in f"{show(settings)} {settings!r}"
    assert "http://me:***@a:9093" in str(show(settings))


def test_terms_of_sending_have_defaults_and_can_be_changed():
    rules = good("{}").configuration.rules
    assert (rules.resend_delay, rules.external_labels, rules.external_url) == (timedelta(minutes=1), {}, None)
    text = "rules: {resend_delay: 30s, external_labels: {host: web1}, external_url: 'https://medic.example/x/'}"
    rules = good(text).configuration.rules
    assert (rules.resend_delay, rules.external_labels) == (timedelta(seconds=30), {"host": "web1"})
    assert rules.external_url == "https://medic.example/x"


CASES = {
    "alertmanagers: http://x:9093": (
        "alertmanagers: 'http://x:9093' is not a list; write [one, two], or a line with - for each"
    ),
    "alertmanagers: [5]": "alertmanagers[0]: is not a mapping; write key: value lines, or {} for the defaults",
    "alertmanagers: [{}]": "alertmanagers[0].url: is missing; add url: ...",
    "alertmanagers: ['me:hidden@x']": f"alertmanagers[0]: is not an HTTP address; {ADVICE}",
    "alertmanagers: [{url: 'ftp://me:hidden@x'}]": f"alertmanagers[0].url: is not an HTTP address; {ADVICE}",
    "alertmanagers: ['http://x?a=hidden']": (
        f"alertmanagers[0]: has a query, which an Alertmanager's address cannot have; {ADVICE}"
    ),
    "alertmanagers: ['http://x/api/v2/alerts']": (
        f"alertmanagers[0]: names a path of its API; end it before /api/: {ADVICE}"
    ),
    "alertmanagers: [{url: 'http://me:hidden@x', token: hidden}]": (
        "alertmanagers[0]: has a user in its address beside a token; keep one of the two"
    ),
    "alertmanagers: [{url: 'http://x', timeout: 0}]": (
        "alertmanagers[0].timeout: '0' is too short; write at least 1ms"
    ),
    "alertmanagers: [{url: 'http://x', token_file: none}]": (
        "alertmanagers[0].token_file: cannot be read (No such file or directory); "
        "name a file that Medic's user can read"
    ),
    "rules: {external_labels: {a-b: x}}": (
        "rules.external_labels.a-b: 'x' stands under what is no label's name; use letters, digits and _, such as host"
    ),
    "rules: {external_labels: {a: 5}}": "rules.external_labels.a: '5' is not text; put it in quotes",
    "rules: {resend_delay: 0}": "rules.resend_delay: '0' is too short; write at least 1ms",
}


TWICE = "is the address at alertmanagers[0] already; name each once"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("['http://x:1', 'http://y:1', 'http://x:1/']", [f"alertmanagers[2]: {TWICE}"]),
        ("['http://x:1', {url: 'http://me:hidden@x:1', timeout: 2s}]", [f"alertmanagers[1].url: {TWICE}"]),
        ("[{url: 'http://x:1/a'}, 'http://x:1/b']", []),
    ],
)
def test_one_that_would_be_sent_everything_twice_is_refused(text, told):
    found = wrong(f"alertmanagers: {text}") if told else []
    assert found == [f"medic.yml:1: {each}" for each in told]
    assert told or len(good(f"alertmanagers: {text}").configuration.alertmanagers) == 2


def test_two_whose_files_cannot_be_read_are_not_taken_for_one():
    found = wrong("alertmanagers: [{url_file: a}, {url_file: b}]")
    assert [told.partition("cannot be read")[1] for told in found] == ["cannot be read"] * 2


@pytest.mark.parametrize("text", CASES)
def test_what_cannot_be_used_is_told_with_what_to_write_instead(text):
    assert wrong(text) == [f"medic.yml:1: {CASES[text]}"]
