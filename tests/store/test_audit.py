import json

import pytest

from medic.core.changes import Stopped
from medic.core.errors import StoreError
from medic.core.targets import pool_target
from medic.store.audit import GENESIS, Audit, mend, verify
from medic.store.database import open_database
from medic.store.journal import Journal
from tests.healer.house import NOW


@pytest.fixture
async def database(tmp_path):
    async with open_database(tmp_path / "journal.db", schema="journal", sync="FULL") as database:
        yield database


@pytest.fixture
def path(tmp_path):
    return tmp_path / "audit.jsonl"


async def change(database, count=1):
    for number in range(count):
        await Journal(database).apply([Stopped(pool_target(f"p{number}"), "ann", NOW)], {})


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_each_change_becomes_a_line_chained_to_the_one_before(database, path):
    await change(database, 3)
    assert await Audit(database, path).catch_up() == 3
    first, second, third = lines(path)
    assert (first["seq"], first["kind"], first["prev"]) == (1, "stopped", GENESIS)
    assert first["body"] == {"target": "pool:p0", "by": "ann", "at": first["at"]}
    assert (second["prev"], third["prev"]) == (first["hash"], second["hash"])
    assert (verify(path).lines, verify(path).problem) == (3, "")


async def test_only_what_is_missing_is_appended_also_by_another_process(database, path):
    await change(database, 2)
    audit = Audit(database, path)
    await audit.catch_up()
    await change(database)
    assert await audit.catch_up() == 1
    assert await audit.catch_up() == 0
    await change(database)
    assert await Audit(database, path).catch_up() == 1
    assert verify(path) == verify(path)
    assert verify(path).lines == 4


@pytest.mark.parametrize("cut", [1, 10, 100])
async def test_a_line_that_a_crash_left_half_written_is_written_again(database, path, cut):
    await change(database, 3)
    await Audit(database, path).catch_up()
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    assert await Audit(database, path).catch_up() == 1
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda all_: [all_[0], all_[1].replace("ann", "bob"), all_[2]], "line 2: was changed"),
        (lambda all_: [all_[0], all_[2]], "line 2: does not continue"),
        (lambda all_: [all_[1], all_[2]], "line 1: does not continue"),
        (lambda all_: [all_[0], "nonsense\n", all_[2]], "line 2: not a line"),
        (lambda all_: [all_[0], "[]\n"], "line 2: not a line"),
        (lambda all_: [all_[0], all_[0]], "line 2: does not continue"),
    ],
)
async def test_a_chain_that_was_tampered_with_is_found_at_its_first_broken_line(database, path, spoil, problem):
    await change(database, 3)
    await Audit(database, path).catch_up()
    path.write_text("".join(spoil(path.read_text().splitlines(keepends=True))))
    assert verify(path).problem.startswith(problem)


async def test_a_file_that_is_not_ours_is_refused_and_left_as_it_is(database, path):
    path.write_text("my notes\n")
    await change(database)
    with pytest.raises(StoreError, match="move it away"):
        await Audit(database, path).catch_up()
    assert path.read_text() == "my notes\n"


async def test_the_audit_of_an_older_journal_is_kept_beside_a_new_one(tmp_path, path):
    for name, count in (("old", 3), ("new", 1)):
        async with open_database(tmp_path / f"{name}.db", schema="journal", sync="FULL") as database:
            await change(database, count)
            await Audit(database, path).catch_up()
    assert verify(path).lines == 1
    assert verify(tmp_path / "audit.3.jsonl").lines == 3


def test_a_missing_file_is_an_empty_chain(path):
    assert verify(path).lines == 0
    assert mend(path) == (0, GENESIS)


async def test_a_file_that_cannot_be_read_or_written_is_an_error_with_advice(database, path):
    await change(database)
    path.mkdir()
    with pytest.raises(StoreError, match=r"audit\.jsonl cannot be read: .*make it readable"):
        await Audit(database, path).catch_up()
    (path.parent / "file").touch()
    with pytest.raises(StoreError, match=r"cannot be (read|written): "):
        await Audit(database, path.parent / "file" / "audit.jsonl").catch_up()
