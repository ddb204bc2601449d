import asyncio
import os
import select
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from healer.acting import perform
from healer.action import Action, Done, Order
from healer.actions import command
from healer.actions.command import OUTPUT_KEPT, trim
from healer.registry import BUILT_IN, actions, mistakes
from healer.settings import ActionSpec
from medic.core.errors import MedicError
from medic.core.healing import Attempt
from medic.core.samples import labels
from medic.core.targets import TargetKind, parse_target, pool_target, worker_target
from tests.fakes import FakePools, HandClock
from tests.healer.house import NOW, policy, remedy

OPTIONS = {"command": {"argv": ["true"]}}
TARGETS = {"start": worker_target("rpa", 1)}


class Telling:
    def __init__(self):
        self.told = []

    async def __call__(self, title, body):
        self.told.append((title, body))


def order(tmp_path, name, options=None, *, target=None, tell=None, **pairs):
    target = target or TARGETS.get(name, pool_target("rpa"))
    attempt = Attempt(7, 1, "r", target, name, 1, False, "QueueStalled; attempt 1 of 3", NOW)
    named = labels(pairs, alertname="QueueStalled")
    chosen = OPTIONS.get(name, {}) if options is None else options
    pools = FakePools(HandClock(), rpa=1)
    return Order(attempt, named, chosen, pools, tell or Telling(), tmp_path / "log" / "7.log")


@pytest.mark.parametrize("name", sorted(BUILT_IN))
async def test_every_action_accepts_its_own_options_does_its_work_and_says_what_it_did(tmp_path, name):
    action = actions()[name]
    action.check(OPTIONS.get(name, {}))
    done = await action.act(order(tmp_path, name))
    assert done.succeeded is True
    assert done.detail


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_action_refuses_an_option_it_does_not_know_and_names_it(name):
    with pytest.raises(MedicError, match=rf"{name}: unknown option 'nonsense'"):
        actions()[name].check({**OPTIONS.get(name, {}), "nonsense": 1})


@pytest.mark.parametrize("name", ["command", "restart", "start"])
async def test_every_action_that_waits_can_be_cancelled(tmp_path, name):
    it = order(tmp_path, name, {"argv": ["sleep", "60"]} if name == "command" else None)
    it.pools.gate = asyncio.Event()
    task = asyncio.create_task(actions()[name].act(it))
    await asyncio.sleep(0)
    task.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("name", ["restart", "start"])
async def test_an_action_that_could_not_is_a_failure_with_its_words(tmp_path, name):
    it = order(tmp_path, name)
    it.pools.fails = "no fork left"
    assert await perform(BUILT_IN, it) == Done(False, "no fork left")


async def test_an_action_that_breaks_or_hangs_or_is_unknown_is_a_failure_too(tmp_path):
    async def broken(_order):
        raise ZeroDivisionError

    async def hanging(_order):
        await asyncio.Event().wait()

    it = order(tmp_path, "restart")
    broke = await perform({"restart": Action(broken)}, it)
    assert (broke.succeeded, "the log says how" in broke.detail) == (False, True)
    hung = await perform({"restart": Action(hanging)}, it, limit=timedelta(milliseconds=10))
    assert "cancelled" in hung.detail
    assert "no action restart" in (await perform({}, it)).detail


async def test_an_action_is_not_asked_to_act_on_a_kind_that_it_does_not_know(tmp_path):
    done = await perform(BUILT_IN, order(tmp_path, "restart", target=parse_target("unit:nginx")))
    assert done == Done(False, "restart cannot act on unit:nginx")


async def test_notify_tells_with_its_title_and_the_labels(tmp_path):
    telling = Telling()
    await BUILT_IN["notify"].act(order(tmp_path, "notify", {"title": "{{ labels.queue }}"}, tell=telling, queue="mail"))
    ((title, body),) = telling.told
    assert title == "mail"
    assert body == "QueueStalled; attempt 1 of 3\nalertname: QueueStalled\nqueue: mail"


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    value=st.text(
        alphabet=st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1, max_size=40
    )
)
def test_whatever_a_label_holds_it_stays_a_single_argument(tmp_path_factory, value):
    out = tmp_path_factory.mktemp("argument") / "out"
    script = 'printf "%s|%s" "$#" "$1" > "$0"'
    argv = ["sh", "-c", script, str(out), "{{ labels.x }}"]
    done = asyncio.run(command.command(order(out.parent, "command", {"argv": argv}, x=value)))
    assert done.succeeded, done.detail
    assert out.read_bytes().decode() == f"1|{value}"


async def test_a_command_learns_its_labels_target_and_attempt_by_its_environment(tmp_path):
    argv = ["sh", "-c", 'echo "$MEDIC_TARGET $MEDIC_ATTEMPT $MEDIC_LABEL_QUEUE"']
    done = await command.command(order(tmp_path, "command", {"argv": argv}, queue="a;b $(c)"))
    assert done == Done(True, "exit 0: pool:rpa 7 a;b $(c)")


async def test_a_command_that_fails_says_its_exit_code_and_its_last_words(tmp_path):
    done = await command.command(order(tmp_path, "command", {"argv": ["sh", "-c", "echo no >&2; exit 3"]}))
    assert done == Done(False, "exit 3: no")


async def test_a_command_beyond_its_time_is_stopped_with_its_group(tmp_path):
    marker = tmp_path / "pid"
    argv = ["sh", "-c", f"sleep 60 & echo $! > {marker}; wait"]
    done = await command.command(order(tmp_path, "command", {"argv": argv, "timeout": 0.5}))
    assert not done.succeeded
    assert done.detail.startswith("stopped after 0.5 s")
    gone = os.pidfd_open(int(marker.read_text()))
    readable, _, _ = select.select([gone], [], [], 5)
    os.close(gone)
    assert readable, "the grandchild lives on"


async def test_the_output_of_a_command_is_kept_up_to_64_kib(tmp_path):
    argv = ["sh", "-c", "yes line | head -c 500000; echo the end"]
    it = order(tmp_path, "command", {"argv": argv})
    done = await command.command(it)
    assert it.output.stat().st_size == OUTPUT_KEPT
    assert done.detail.endswith("the end")


def test_a_file_is_trimmed_in_place_so_that_its_writer_goes_on(tmp_path):
    path = tmp_path / "out"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, b"a" * 100 + b"b" * 10)
    trim(path, 10)
    os.write(descriptor, b"c")
    os.close(descriptor)
    assert path.read_bytes() == b"b" * 10 + b"c"
    trim(path, 5, beyond=20)
    assert path.stat().st_size == 11
    trim(tmp_path / "missing", 5)


async def test_a_program_that_is_not_there_and_a_missing_label_are_failures_in_words(tmp_path):
    gone = await perform(BUILT_IN, order(tmp_path, "command", {"argv": ["/no/such/program"]}))
    assert "cannot run '/no/such/program'" in gone.detail
    missing = await perform(BUILT_IN, order(tmp_path, "command", {"argv": ["echo", "{{ labels.zone }}"]}))
    assert "needs labels.zone" in missing.detail


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({}, "write a list"),
        ({"argv": []}, "write a list"),
        ({"argv": "ls -l"}, "write a list"),
        ({"argv": ["ls", 1]}, "put it in quotes"),
        ({"argv": ["{{ labels.x }}"]}, "never the program"),
        ({"argv": ["ls", "a{{ labels.x }}"]}, "exactly one"),
        ({"argv": ["ls"], "timeout": 0}, "write seconds"),
        ({"argv": ["ls"], "timeout": True}, "write seconds"),
        ({"argv": ["ls"], "timeout": 1e9}, "write seconds"),
    ],
)
def test_options_of_a_command_that_cannot_be_meant_are_refused_with_advice(options, advice):
    with pytest.raises(MedicError, match=advice):
        command.check(options)


def test_every_mistake_of_the_remedies_is_found_at_once():
    wrong = policy(
        remedy("a", do=(ActionSpec("dance"), ActionSpec("command"))),
        remedy("b", target="unit:nginx"),
        replace(remedy("c"), ladder=()),
        remedy("d"),
    )
    found = mistakes(wrong, BUILT_IN)
    assert [line.split(":")[0] for line in found] == ["remedy a", "remedy a", "remedy b", "remedy c"]
    assert "it acts on pool, queue, worker" in found[2]


def test_the_built_in_actions_know_their_kinds():
    assert BUILT_IN["restart"].kinds == {TargetKind.POOL, TargetKind.WORKER, TargetKind.QUEUE}
    assert BUILT_IN["notify"].kinds == frozenset(TargetKind)
