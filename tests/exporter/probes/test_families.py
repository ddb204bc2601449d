"""Outcomes as families."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.admission import admit
from exporter.exposition import render
from exporter.probes.families import families, fnv1a
from exporter.probes.outcome import Answer, Chain, Outcome, Trail
from medic.core.samples import labels
from tests.exporter.tree import by_name, values

CHAIN = Chain("TLS 1.3", 20.0, 10.0, "ab", 'CN="a\\b"', "CN=localhost", "")


def outcome(reason="", *, over_http=True, by_pattern=False, **found):
    trail = Trail(time.monotonic, **found)
    return Outcome("web", over_http=over_http, seconds=0.5, reason=reason, by_pattern=by_pattern, trail=trail)


def test_the_hash_is_fnv_1a():
    assert [fnv1a(each) for each in (b"", b"a", b"foobar")] == [0x811C9DC5, 0xE40C292C, 0xBF9CF968]


def test_what_was_not_found_out_is_absent_and_that_it_failed_is_not():
    told = families(outcome("no connection"), labels(probe="web"))
    present = {family.name: values(told, family.name) for family in told if family.samples}
    web = labels(probe="web")
    assert present == {
        "probe_success": {web: 0},
        "probe_duration_seconds": {web: 0.5},
        "probe_failed_due_to_regex": {web: 0},
        "probe_http_redirects": {web: 0},
    }


def test_a_probe_over_tcp_says_nothing_of_http():
    told = families(outcome(over_http=False, address="::1"))
    assert [family.name for family in told if family.name.startswith("probe_http")] == []
    assert values(told, "probe_ip_protocol") == {(): 6}


def test_an_address_may_name_its_interface():
    assert values(families(outcome(address="fe80::1%eth0")), "probe_ip_protocol") == {(): 6}


def test_every_sample_carries_the_probe():
    answer = Answer(200, 1.1, secure=True, length=5, modified=1.5, read=5)
    told = families(outcome(answer=answer, chain=CHAIN, phases={"tls": 0.1}, address="1.2.3.4"), labels(probe="web"))
    samples = [sample for family in told for sample in family.samples]
    assert len(samples) >= 17
    assert {dict(sample.labels)["probe"] for sample in samples} == {"web"}
    assert values(told, "probe_http_duration_seconds") == {labels(probe="web", phase="tls"): 0.1}
    assert by_name(told)["probe_ssl_last_chain_info"].samples[0].value == 1


@given(st.text(max_size=20), st.text(max_size=20), st.none() | st.floats(allow_nan=False))
def test_whatever_a_certificate_says_can_stand_on_a_page(subject, names, expiry):
    text = subject.encode(errors="replace").decode(), names.encode(errors="replace").decode()
    chain = Chain("TLS 1.3", expiry, expiry, "ab", "CN=x", *text)
    assert render(admit(families(outcome(chain=chain)))).body


@pytest.mark.parametrize("by_pattern", [True, False])
def test_the_blame_of_a_pattern_is_told(by_pattern):
    told = families(outcome("x", by_pattern=by_pattern))
    assert values(told, "probe_failed_due_to_regex") == {(): int(by_pattern)}
