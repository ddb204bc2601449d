"""What a slot's lock file says."""

import json
from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medic.core.workers import ProcessId
from workers.identity import Identity, parse, render

PROCESSES = st.builds(ProcessId, st.text(), st.integers(1, 2**22), st.integers(0, 2**63))
IDENTITIES = st.builds(Identity, PROCESSES, st.datetimes(timezones=st.just(UTC)), st.text())


@given(IDENTITIES, st.text(), st.integers(1, 999))
def test_what_was_written_is_read(identity, pool, slot):
    assert parse(render(identity, pool, slot)) == identity


@given(IDENTITIES, st.data())
def test_half_a_file_names_nobody(identity, data):
    text = render(identity, "rpa", 1)
    assert parse(text[: data.draw(st.integers(0, len(text) - 1))]) is None


@settings(max_examples=50)
@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_any_other_text_names_nobody(text):
    assert parse(text) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"pid": 0},
        {"pid": -1},
        {"pid": "x"},
        {"pid": None},
        {"start": 1e400},
        {"since": "2026-01-01T00:00:00"},
        {"since": 3},
        {"since": "yesterday"},
    ],
)
def test_a_file_with_a_wrong_field_names_nobody(changed):
    fields = {"boot": "b", "pid": 7, "start": 8, "since": "2026-01-01T00:00:00+00:00", "digest": "d"}
    assert parse(json.dumps(fields)) is not None
    assert parse(json.dumps(fields | changed)) is None


def test_deep_nesting_names_nobody():
    assert parse("[" * 100_000) is None
