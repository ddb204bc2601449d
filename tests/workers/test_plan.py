"""What is decided for each slot, for every pool that there can be."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.core.workers import ExitReason, SlotState
from workers.plan import EMPTY, Do, Order, Scene, Seat, Step, Verb, plan

RUNNING, ENDING, RESTARTING = Seat(SlotState.RUNNING), Seat(SlotState.STOPPING), Seat(SlotState.STOPPING, again=True)
NUMBERS = st.integers(1, 8)
SEATS = st.sampled_from((EMPTY, RUNNING, ENDING, RESTARTING))
SETS = st.frozensets(NUMBERS)
SCENES = st.builds(Scene, st.integers(0, 6), st.dictionaries(NUMBERS, SEATS), SETS, SETS)
ORDERS = st.builds(Order, st.sampled_from(Verb), st.none() | NUMBERS, st.sampled_from(ExitReason))
ENSURES = st.builds(Order, st.just(Verb.ENSURE))


def obey(scene: Scene, steps: tuple[Step, ...]) -> Scene:
    """Do at once what a keeper does, as far as the seats go."""
    seats = dict(scene.seats)
    for step in steps:
        seats[step.slot] = _obeyed(scene.seat(step.slot), step.do)
    return replace(scene, seats=seats)


def _obeyed(seat: Seat, do: Do) -> Seat:
    if do is Do.START:
        return RUNNING if seat.state is SlotState.EMPTY else RESTARTING
    if do is Do.RESTART:
        return RESTARTING
    return ENDING if do is Do.STOP else seat


def calm_down(scene: Scene) -> Scene:
    """Let all that ends come to its end."""
    settled = {ENDING: EMPTY, RESTARTING: RUNNING}
    return replace(scene, seats={slot: settled.get(seat, seat) for slot, seat in scene.seats.items()})


def running(scene: Scene) -> set[int]:
    return {slot for slot, seat in scene.seats.items() if seat.state is SlotState.RUNNING}


@given(ORDERS, SCENES)
def test_each_slot_appears_at_most_once_in_order_and_with_a_reason(order, scene):
    steps = plan(order, scene)
    slots = [step.slot for step in steps]
    assert slots == sorted(set(slots))
    assert all(step.why for step in steps)


@given(ENSURES, SCENES)
def test_after_ensure_exactly_those_run_that_should(order, scene):
    after = calm_down(obey(scene, plan(order, scene)))
    expected = set(range(1, scene.count + 1)) - scene.stopped
    withheld = {slot for slot in scene.held if scene.seat(slot).state is SlotState.EMPTY}
    assert running(after) == expected - withheld


@given(ENSURES, SCENES)
def test_ensure_never_touches_a_worker_that_belongs_there(order, scene):
    for step in plan(order, scene):
        if scene.seat(step.slot) == RUNNING and step.slot <= scene.count and step.slot not in scene.stopped:
            assert step.do is Do.KEEP


@given(ORDERS.filter(lambda order: order.verb is not Verb.RESTART), SCENES)
def test_obeying_twice_is_obeying_once(order, scene):
    once = obey(scene, plan(order, scene))
    twice = obey(once, plan(order, once))
    assert twice == once
    assert plan(order, twice) == plan(order, once)


@given(ORDERS, SCENES)
def test_nothing_is_ever_started_beyond_the_count(order, scene):
    steps = plan(order, scene)
    assert {step.do for step in steps if step.slot > scene.count} <= {Do.STOP}
    alive = {slot for slot, seat in scene.seats.items() if seat.state is not SlotState.EMPTY}
    assert all(slot <= scene.count for slot in running(calm_down(obey(scene, steps))) - alive)


@given(ORDERS.filter(lambda order: order.reason is not ExitReason.OPERATOR), SCENES)
def test_only_an_operator_starts_what_an_operator_stopped(order, scene):
    started = {step.slot for step in plan(order, scene) if step.do in {Do.START, Do.RESTART}}
    assert not started & scene.stopped


@given(SCENES, NUMBERS)
def test_an_order_for_one_slot_touches_no_other(scene, slot):
    for verb in Verb:
        assert {step.slot for step in plan(Order(verb, slot), scene)} <= {slot}


@given(ENSURES, SCENES, st.integers(0, 6))
def test_planning_for_another_count_is_planning_for_a_pool_of_that_count(order, scene, count):
    assert plan(replace(order, count=count), scene) == plan(order, replace(scene, count=count))


@pytest.mark.parametrize(
    ("verb", "seat", "do"),
    [
        (Verb.ENSURE, EMPTY, Do.START),
        (Verb.ENSURE, RUNNING, Do.KEEP),
        (Verb.ENSURE, ENDING, Do.START),
        (Verb.ENSURE, RESTARTING, Do.KEEP),
        (Verb.START, EMPTY, Do.START),
        (Verb.START, RUNNING, Do.KEEP),
        (Verb.RESTART, EMPTY, Do.START),
        (Verb.RESTART, RUNNING, Do.RESTART),
        (Verb.RESTART, ENDING, Do.START),
        (Verb.RESTART, RESTARTING, Do.KEEP),
        (Verb.STOP, EMPTY, Do.KEEP),
        (Verb.STOP, RUNNING, Do.STOP),
        (Verb.STOP, RESTARTING, Do.STOP),
    ],
)
def test_each_verb_in_each_state(verb, seat, do):
    (step,) = plan(Order(verb), Scene(1, {1: seat}))
    assert step.do is do


def test_a_healer_may_start_a_slot_that_it_holds_and_ensure_may_not():
    scene = Scene(1, {}, held=frozenset({1}))
    assert plan(Order(Verb.ENSURE), scene) == (Step(1, Do.HOLD, "the healer is replacing it"),)
    assert plan(Order(Verb.START, reason=ExitReason.HEALER), scene)[0].do is Do.START


def test_says_why_a_worker_is_too_many():
    assert plan(Order(Verb.ENSURE), Scene(1, {1: RUNNING, 3: RUNNING}))[1] == Step(3, Do.STOP, "only 1 expected")


@pytest.mark.parametrize(
    ("verb", "reason", "why"),
    [
        (Verb.STOP, ExitReason.OPERATOR, "asked for by an operator"),
        (Verb.RESTART, ExitReason.HEALER, "asked for by the healer"),
        (Verb.RESTART, ExitReason.DEPLOY, "its command has changed"),
        (Verb.STOP, ExitReason.DEPLOY, "Medic ends"),
    ],
)
def test_a_step_says_who_wants_it(verb, reason, why):
    (step,) = plan(Order(verb, reason=reason), Scene(1, {1: RUNNING}))
    assert step.why == why
