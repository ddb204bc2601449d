import contextlib
import json
import logging

import pytest
from aiohttp.http_exceptions import BadStatusLine

from medic.app.log import configure, is_no_bug_of_a_client


@pytest.fixture(autouse=True)
def as_before():
    """Leave logging as it was: handlers and levels belong to the whole process."""
    root, levels = logging.getLogger(), {}
    handlers, level = root.handlers[:], root.level
    for name in ("medic", "exporter", "healer", "rhythm", "rules", "workers", "aiohttp.access", "asyncio"):
        levels[name] = logging.getLogger(name).level
    yield
    for handler in set(root.handlers) - set(handlers):
        with contextlib.suppress(OSError):  # a full disk does not even take the rest
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("aiohttp.server").removeFilter(is_no_bug_of_a_client)
    for name, was in levels.items():
        logging.getLogger(name).setLevel(was)


def test_a_matter_of_course_stands_in_the_file_and_not_on_the_terminal(tmp_path, capsys):
    configure(tmp_path / "log" / "medic.log")
    logging.getLogger("rhythm.scheduler").debug("run ended", extra={"job": "canary", "reason": ""})
    logging.getLogger("rhythm.scheduler").warning("run ended", extra={"job": "etl", "reason": "exit 3"})
    logging.getLogger("elsewhere").debug("noise")
    lines = [json.loads(line) for line in (tmp_path / "log" / "medic.log").read_text().splitlines()]
    assert [(line["level"], line["job"]) for line in lines] == [("debug", "canary"), ("warning", "etl")]
    shown = capsys.readouterr().err.splitlines()
    assert [line.split(" ", 1)[1] for line in shown] == ["warning run ended  job=etl reason=exit 3"]


def test_a_field_that_says_nothing_is_not_shown(tmp_path, capsys):
    configure(tmp_path / "medic.log")
    logging.getLogger("medic").info("well", extra={"reason": "", "count": 0})
    assert capsys.readouterr().err.endswith("info    well  count=0\n")


def test_what_strangers_named_begins_no_line_steers_no_terminal_and_loses_no_line(tmp_path, capsys):
    configure(tmp_path / "medic.log")
    logging.getLogger("medic").warning("left out", extra={"file": "a\n12:00:00 error forged\x1b[2J\udcff"})
    shown, kept = capsys.readouterr().err, (tmp_path / "medic.log").read_text()
    assert shown.endswith("left out  file='a\\n12:00:00 error forged\\x1b[2J\\udcff'\n")
    assert [line["event"] for line in map(json.loads, kept.splitlines())] == ["left out"]


def test_a_full_disk_takes_no_line_and_makes_no_noise(tmp_path, capsys):
    (tmp_path / "medic.log").symlink_to("/dev/full")
    configure(tmp_path / "medic.log")
    logging.getLogger("medic").info("well")
    assert capsys.readouterr().err.endswith("info    well\n")


def test_what_a_client_sends_that_is_no_http_is_not_logged_but_a_bug_is(tmp_path, capsys):
    configure(tmp_path / "medic.log")
    for error in (BadStatusLine("GET / HTTP/9.9"), ValueError("a bug")):
        try:
            raise error
        except (BadStatusLine, ValueError):
            logging.getLogger("aiohttp.server").exception("Error handling request")
    assert "HTTP/9.9" not in (shown := capsys.readouterr().err)
    assert "ValueError: a bug" in shown
