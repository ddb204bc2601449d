import pytest

from medic.core.errors import StoreError
from tests.healer.house import house


class Full:
    """A journal on a full disk."""

    async def apply(self, _changes, _tallies):
        raise StoreError("the disk is full")


async def test_while_the_disk_is_full_nobody_is_told_the_same_again_and_again(tmp_path):
    async with house(tmp_path) as it:
        await it.healer.tell("one", "body", "key")
        it.healer._memory.journal = Full()
        for _ in range(3):
            with pytest.raises(StoreError):
                await it.healer._delivery.deliver_due()
            it.clock.pass_by(minutes=20)
        it.healer._memory.journal = it.journal
        await it.healer._delivery.deliver_due()
        assert it.notifier.told == [("one", "body")]
        assert (await it.journal.notices(100))[0].delivered_at is not None
        assert it.healer._delivery.outcomes == ["delivered"]


async def test_a_clock_that_is_set_back_does_not_put_off_the_next_try(tmp_path):
    async with house(tmp_path) as it:
        it.notifier.fails = "no route"
        await it.healer.tell("one", "body", "key")
        await it.healer._delivery.deliver_due()
        it.notifier.fails = None
        it.clock.set(hours=-5)
        it.clock.pass_by(seconds=10)
        await it.healer._delivery.deliver_due()
        assert it.notifier.told == [("one", "body")]


async def test_a_notice_is_delivered_once_and_of_one_key_only_the_first(tmp_path):
    async with house(tmp_path) as it:
        await it.healer.tell("one", "body", "key")
        await it.healer.tell("two", "body", "key")
        await it.healer._delivery.deliver_due()
        await it.healer._delivery.deliver_due()
        assert it.notifier.told == [("one", "body")]
        (notice,) = await it.journal.notices(100)
        assert notice.delivered_at is not None


async def test_a_notice_that_was_not_taken_is_tried_again_later_and_later_until_it_is(tmp_path):
    async with house(tmp_path) as it:
        it.notifier.fails = "no route"
        await it.healer.tell("one", "body", "key")
        for _ in range(5):
            await it.healer._delivery.deliver_due()
        (notice,) = await it.journal.notices(100)
        assert (notice.tries, notice.error, notice.delivered_at) == (1, "no route", None)
        it.clock.pass_by(seconds=10)
        await it.healer._delivery.deliver_due()
        it.clock.pass_by(seconds=10)
        await it.healer._delivery.deliver_due()
        assert (await it.journal.notices(100))[0].tries == 2
        it.notifier.fails = None
        it.clock.pass_by(seconds=10)
        await it.healer._delivery.deliver_due()
        assert it.notifier.told == [("one", "body")]
        counted = next(f for f in it.healer.families() if f.name == "medic_notifications_total")
        assert {dict(s.labels)["outcome"]: s.value for s in counted.samples} == {"delivered": 1, "failed": 2}


async def test_a_notice_survives_a_restart_and_is_not_told_again_after_its_delivery(tmp_path):
    async with house(tmp_path) as it:
        await it.healer.tell("one", "body", "key")
    async with house(tmp_path) as it:
        await it.healer._delivery.deliver_due()
        assert it.notifier.told == [("one", "body")]
    async with house(tmp_path) as it:
        await it.healer.tell("one", "body", "key")
        await it.healer._delivery.deliver_due()
        assert it.notifier.told == []
