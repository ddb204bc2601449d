from difflib import get_close_matches

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.checks.likeness import candidates, most_like

KNOWN = frozenset(
    {
        "node_cpu_seconds_total",
        "node_memory_MemFree_bytes",
        "node_load1",
        "node_load15",
        "medic_queue_tasks",
        "up",
        "job",
    }
)


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("node_cpu_second_total", "node_cpu_seconds_total"),
        ("node_load_1", "node_load1"),
        ("node_memory_memfree_bytes", "node_memory_MemFree_bytes"),
        ("medic_queues_task", "medic_queue_tasks"),
        ("jobs", "job"),
        ("kube_pod_info", ""),
        ("x", ""),
        ("", ""),
    ],
)
def test_a_name_with_a_slip_is_known_again(name, like):
    assert most_like(name, KNOWN) == like


@given(st.sampled_from(sorted(KNOWN)), st.integers(0, 25), st.sampled_from(["", "x", "_"]))
def test_one_wrong_letter_leads_to_what_a_full_comparison_finds(name, at, letter):
    slip = name[:at] + letter + name[at + 1 :]
    assert [most_like(slip, KNOWN)] == (get_close_matches(slip, KNOWN, 1, 0.75) or [""])


def test_of_many_known_names_few_are_compared_closely():
    known = frozenset(f"node_metric_number_{number}_total" for number in range(2000))
    for number in range(300):
        assert 0 < len(candidates(f"node_metrik_numbr_{number}_totl", known)) <= 12
