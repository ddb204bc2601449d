"""Targets, as people and alerts write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.core.targets import HOST, TargetError, parse_target, pool_target, worker_target


@given(st.from_regex(r"[a-z][a-z0-9-]{0,9}", fullmatch=True), st.integers(1, 999))
def test_what_is_written_is_read_again(pool, slot):
    for target in (HOST, pool_target(pool), worker_target(pool, slot)):
        assert parse_target(str(target)) == target
    assert (parse_target(f"worker:{pool}/{slot}").pool, parse_target(f"worker:{pool}/{slot}").slot) == (pool, slot)


def test_a_pool_covers_itself_and_its_workers_alone():
    assert pool_target("rpa").covers(pool_target("rpa"))
    assert pool_target("rpa").covers(worker_target("rpa", 7))
    assert not pool_target("rpa").covers(worker_target("rpa/eu", 7))
    assert not worker_target("rpa", 7).covers(pool_target("rpa"))


@pytest.mark.parametrize("text", ["", "rpa", "pool:", ":rpa", "host:", "thing:x", "POOL:rpa"])
def test_what_is_no_target_is_refused_with_an_example(text):
    with pytest.raises(TargetError, match=r"write host, or KIND:NAME .*pool:rpa"):
        parse_target(text)


@pytest.mark.parametrize("slot", ["", "0", "-1", "01", "1.0", "\u0663", "1" * 10, "9" * 5000])
def test_a_worker_has_one_name_and_a_slot_that_can_be(slot):
    with pytest.raises(TargetError, match="is not a worker"):
        parse_target(f"worker:rpa/{slot}")


@given(st.text(max_size=60))
def test_no_text_harms(text):
    for prefix in ("", "worker:rpa/", "worker:"):
        try:
            parse_target(prefix + text)
        except TargetError:
            continue
