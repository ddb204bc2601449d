import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.naming import label
from tests.exporter.stats import process


@pytest.mark.parametrize(
    ("name", "parent", "shown"),
    [
        ("nginx", 1, "nginx"),
        ("python3.11", 1, "python3.11"),
        ("job-48213", 1, "job-N"),
        ("w1234x5678", 1, "wNxN"),
        ("kworker/3:1H-kblockd", 2, "kworker"),
        ("ksoftirqd/0", 2, "ksoftirqd"),
        ("kswapd0", 2, "kswapd0"),
        ("a/b", 1, "a/b"),
    ],
)
def test_numbers_of_processes_and_of_processors_are_no_part_of_a_name(name, parent, shown):
    assert label(process(42, parent, name=name)) == shown


@given(st.text(max_size=15))
def test_no_name_carries_a_long_number(name):
    assert not re.search("[0-9]{3}", label(process(42, name=name.replace("\0", ""))))
