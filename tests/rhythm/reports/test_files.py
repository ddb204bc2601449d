from dataclasses import replace
from datetime import date, timedelta

from rhythm.reports.files import days, write_report
from rhythm.reports.summary import summarize
from tests.rhythm.reports.figures import END, WELL

DAY = timedelta(days=1)
KEEP = timedelta(days=2)


def report(shift=0, timezone="UTC"):
    moved = replace(WELL, start=WELL.start + shift * DAY, end=WELL.end + shift * DAY, timezone=timezone)
    return summarize(moved, moved.end)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_report_is_that_of_its_day_and_the_latest(tmp_path):
    path = write_report(report(), tmp_path / "reports", KEEP)
    assert path.name == "2026-03-29.html"
    assert names(path.parent) == ["2026-03-29.html", "2026-03-29.md", "index.html", "latest.html", "latest.md"]
    assert path.read_text() == path.with_name("latest.html").read_text()
    assert "2026-03-29.html" in path.with_name("index.html").read_text()


def test_the_day_is_that_of_the_zone(tmp_path):
    assert write_report(report(timezone="America/New_York"), tmp_path, KEEP).name == "2026-03-28.html"


def test_a_second_report_of_a_day_replaces_the_first(tmp_path):
    write_report(report(), tmp_path, KEEP)
    later = replace(report(), summary="All is well: again.")
    assert "again" in write_report(later, tmp_path, KEEP).read_text()
    assert days(tmp_path) == [date(2026, 3, 29)]


def test_old_reports_are_deleted_and_other_files_are_not(tmp_path):
    others = ["notes.html", "2026-02-31.html", "2020-01-01.txt"]
    for name in others:
        (tmp_path / name).write_text("mine")
    for shift in range(5):
        write_report(report(shift), tmp_path, KEEP)
    assert days(tmp_path) == [date(2026, 4, 2), date(2026, 4, 1), date(2026, 3, 31)]
    assert set(others) < set(names(tmp_path))
    assert "2026-03-30" not in (tmp_path / "index.html").read_text()
    assert not (tmp_path / "2026-03-30.md").exists()


def test_a_reader_never_sees_half_a_file(tmp_path):
    """A replaced file is another file: who has the old one open reads it to its end."""
    path = write_report(report(), tmp_path, KEEP)
    with path.open() as reader:
        before = path.stat().st_ino
        write_report(replace(report(), summary="All is well: again."), tmp_path, KEEP)
        assert "again" not in reader.read()
    assert path.stat().st_ino != before


def test_nothing_is_left_over_from_writing(tmp_path):
    for shift in range(3):
        write_report(report(shift), tmp_path, KEEP)
    assert not [name for name in names(tmp_path) if name.startswith(".")]


def test_end_is_the_end_of_the_period():
    assert report().end == END
