"""What is told of an order."""

from workers.changes import Change, Ensured, changes
from workers.plan import Do, Step


def test_each_worker_stands_where_it_belongs():
    steps = [Step(slot, do, "because") for slot, do in enumerate(Do, 1)]
    ensured = Ensured(changes("rpa", steps, {}))
    columns = (ensured.started, ensured.stopped, ensured.restarted, ensured.kept, ensured.held)
    assert [[change.worker for change in column] for column in columns] == [
        ["rpa/1"],
        ["rpa/2"],
        ["rpa/3"],
        ["rpa/4"],
        ["rpa/5"],
    ]
    assert ensured.failed == ()


def test_what_failed_was_not_done():
    ensured = Ensured(changes("rpa", [Step(1, Do.START, "missing"), Step(2, Do.START, "missing")], {2: "no such file"}))
    assert [change.worker for change in ensured.started] == ["rpa/1"]
    assert [change.words for change in ensured.failed] == ["start rpa/2: missing - failed: no such file"]


def test_it_is_said_in_a_line():
    steps = [Step(1, Do.START, "missing"), Step(2, Do.KEEP, "running"), Step(3, Do.START, "missing")]
    assert Ensured(changes("rpa", steps, {})).words == "start rpa/1, rpa/3; keep rpa/2"
    assert Ensured().words == "nothing to do"
    assert Change("rpa/1", Do.STOP, "only 0 expected").words == "stop rpa/1: only 0 expected"
