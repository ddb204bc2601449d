"""Folders of ``*.prom`` files: what is wrong with one harms no other."""

import logging
import os
import threading
import time
from pathlib import Path

import pytest

from exporter.admission import admit
from exporter.collectors.textfile import Textfiles
from exporter.collectors.textfile.collect import DEADLINE, merge
from exporter.collectors.textfile.files import LARGEST, Folder, look
from exporter.exposition import render
from tests.fakes import HandClock

LIMIT = 60.0


def collector(*patterns, **options):
    return Textfiles([str(pattern) for pattern in patterns], time=time.monotonic, **options)


def page(given):
    """Return the samples of what was collected, as lines, without the times of the files."""
    lines = render(admit(given.collect())).body.decode().splitlines()
    return [line for line in lines if not line.startswith(("#", "node_textfile_mtime"))]


def read(given):
    """Return the names of the files that were read."""
    mtimes = next(family for family in given.collect() if family.name == "node_textfile_mtime_seconds")
    return [Path(dict(sample.labels)["file"]).name for sample in mtimes.samples]


def publish(folder, **texts):
    for name, text in texts.items():
        draft = folder / f"{name}.draft"
        draft.write_text(text)
        draft.rename(folder / f"{name}.prom")


def test_without_a_folder_nothing_is_wrong():
    assert page(collector()) == ["node_textfile_scrape_error 0"]


def test_files_of_a_folder_are_shown_with_their_times(tmp_path):
    publish(tmp_path, a="backup_seconds 5\n", b='# TYPE b_total counter\nb_total{x="1"} 1\n')
    (tmp_path / "c.txt").write_text("c 1\n")
    os.utime(tmp_path / "a.prom", ns=(0, 1_500_000_000_250_000_000))
    given = collector(tmp_path)
    assert page(given) == ["backup_seconds 5.0", 'b_total{x="1"} 1.0', "node_textfile_scrape_error 0"]
    lines = render(given.collect()).body.decode().splitlines()
    assert f'node_textfile_mtime_seconds{{file="{tmp_path}/a.prom"}} 1500000000.25' in lines
    assert f"# HELP backup_seconds Metric read from {tmp_path}/a.prom" in lines


@pytest.mark.parametrize(
    "content", [b"b 1 1395066363000\n", b"b 1\nc", b"b{ 1\n", b'b{x="\xff"} 1\n', b"b 1\nb 1\n", b"\0\n"]
)
def test_a_file_that_is_wrong_harms_itself_alone(tmp_path, content):
    publish(tmp_path, a="a 1\n", z="z 1\n")
    (tmp_path / "m.prom").write_bytes(content)
    given = collector(tmp_path)
    assert page(given) == ["a 1.0", "z 1.0", "node_textfile_scrape_error 1"]
    assert read(given) == ["a.prom", "z.prom"]


def test_what_is_no_plain_file_is_left_out_and_nothing_waits_for_it(tmp_path):
    publish(tmp_path, a="a 1\n")
    os.mkfifo(tmp_path / "pipe.prom")
    (tmp_path / "folder.prom").mkdir()
    (tmp_path / "zero.prom").symlink_to("/dev/zero")
    (tmp_path / "lost.prom").symlink_to(tmp_path / "nothing")
    (tmp_path / "linked.prom").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_text("linked 1\n")
    given = collector(tmp_path)
    assert page(given) == ["a 1.0", "linked 1.0", "node_textfile_scrape_error 1"]


def test_a_file_whose_name_is_no_text_harms_itself_alone(tmp_path):
    publish(tmp_path, a="a 1\n")
    (tmp_path / os.fsdecode(b"\xff.prom")).write_text("b 1\n")
    given = collector(tmp_path)
    assert page(given) == ["a 1.0", "node_textfile_scrape_error 1"]
    assert admit(given.collect())


def test_no_more_of_a_file_is_read_than_it_says_that_it_holds(tmp_path):
    publish(tmp_path, a="a 1\n")
    (tmp_path / "kernel.prom").symlink_to("/proc/version")  # as /proc/kmsg, whose reader waits for ever
    assert page(collector(tmp_path)) == ["a 1.0", "node_textfile_scrape_error 0"]


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    publish(tmp_path, a="a 1\n")
    with (tmp_path / "large.prom").open("wb") as file:
        file.truncate(LARGEST + 1)
    assert page(collector(tmp_path)) == ["a 1.0", "node_textfile_scrape_error 1"]


def test_several_folders_and_patterns_of_folders_are_read_and_each_file_once(tmp_path):
    for name in ("one", "two", "other"):
        (tmp_path / name).mkdir()
        publish(tmp_path / name, **{name: f"{name} 1\n"})
    given = collector(tmp_path / "o*", tmp_path / "one", tmp_path / "two")
    assert page(given) == ["one 1.0", "other 1.0", "two 1.0", "node_textfile_scrape_error 0"]


@pytest.mark.parametrize("pattern", ["none", "none*"])
def test_a_folder_that_is_not_there_is_an_error(tmp_path, pattern):
    publish(tmp_path, a="a 1\n")
    assert page(collector(tmp_path, tmp_path / pattern)) == ["a 1.0", "node_textfile_scrape_error 1"]


def test_files_of_one_metric_are_joined_and_the_first_help_holds(tmp_path):
    publish(
        tmp_path,
        a='# HELP n Some.\n# TYPE n gauge\nn{x="a"} 1\n',
        b='# TYPE n gauge\nn{x="b"} 2\n',
        c='# HELP n Other.\n# TYPE n gauge\nn{x="c"} 3\nc 1\n',
        d='n{x="d"} 4\nd 1\n',
        e='# TYPE n gauge\nn{x="a"} 5\nn{x="e"} 5\n',
    )
    given = collector(tmp_path)
    assert page(given) == [
        'n{x="a"} 1.0',
        'n{x="b"} 2.0',
        'n{x="e"} 5.0',
        "c 1.0",
        "d 1.0",
        "node_textfile_scrape_error 1",
    ]
    assert read(given) == ["a.prom", "b.prom", "c.prom", "d.prom", "e.prom"]


def test_what_is_wrong_is_logged_when_it_begins_changes_and_ends_and_not_at_each_scrape(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    given = collector(tmp_path)
    publish(tmp_path, a="a\n")
    page(given)
    page(given)
    publish(tmp_path, a="a b c\n")
    page(given)
    publish(tmp_path, a="a 1\n")
    page(given)
    page(given)
    assert [record.getMessage() for record in caplog.records] == [
        "textfile is left out",
        "textfile is left out",
        "textfile is read again",
    ]
    assert caplog.records[0].file == f"{tmp_path}/a.prom"


def test_a_file_is_read_again_only_when_it_has_changed(tmp_path):
    publish(tmp_path, a="a 1\n")
    first = look(str(tmp_path), {})
    assert look(str(tmp_path), first.files).files[f"{tmp_path}/a.prom"] is first.files[f"{tmp_path}/a.prom"]
    publish(tmp_path, a="a 2\n")
    second = look(str(tmp_path), first.files)
    assert second.files[f"{tmp_path}/a.prom"].families[0].samples[0].value == 2


def test_a_file_that_has_gone_is_gone_at_the_next_look(tmp_path):
    publish(tmp_path, a="a 1\n", b="b 1\n")
    given = collector(tmp_path)
    page(given)
    (tmp_path / "a.prom").unlink()
    assert page(given) == ["b 1.0", "node_textfile_scrape_error 0"]


class DeadMount:
    """Looks into folders, one of which hangs until it lives."""

    def __init__(self, dead, clock):
        self.dead, self.clock, self.lives, self.asked = dead, clock, threading.Event(), 0

    def __call__(self, pattern, before):
        if pattern == self.dead and not self.lives.is_set():
            self.asked += 1
            self.clock.pass_by(seconds=DEADLINE)  # from here on the clock stands: to wait again would be for ever
            self.lives.wait(LIMIT)
        return look(pattern, before)


def test_a_folder_on_a_dead_mount_keeps_no_other_waiting_and_is_not_asked_again_before_it_answers(tmp_path):
    for name in ("dead", "well"):
        (tmp_path / name).mkdir()
        publish(tmp_path / name, **{name: f"{name} 1\n"})
    clock = HandClock()
    mount = DeadMount(str(tmp_path / "dead"), clock)
    given = Textfiles([str(tmp_path / "dead"), str(tmp_path / "well")], time=clock.monotonic, look=mount)
    assert page(given) == ["well 1.0", "node_textfile_scrape_error 1"]
    assert page(given) == ["well 1.0", "node_textfile_scrape_error 1"]
    assert mount.asked == 1
    mount.lives.set()
    while (told := page(given))[-1] != "node_textfile_scrape_error 0":
        pass
    assert told == ["dead 1.0", "well 1.0", "node_textfile_scrape_error 0"]


def test_nothing_at_all_is_a_page_without_an_error():
    families, errors = merge({"x": Folder({})})
    assert errors == {}
    assert [len(family.samples) for family in families] == [0, 1]
