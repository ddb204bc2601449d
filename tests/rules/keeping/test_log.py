"""The files of a folder, while ticks come, disks fail and clocks are set."""

import resource
import signal
from contextlib import ExitStack, contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medic.core.samples import Family, Kind, Sample, Snapshot
from rules.blocks import ROWS
from rules.keeping.decoding import DamagedError, decode
from rules.keeping.log import Log
from rules.restoring import Restoration
from rules.series import Series
from tests.rules.keeping.writing import START, STEP, contents

WIDE = [f"m{one}" for one in range(20)]


class Host:
    """A store whose rows go to a log, tick by tick."""

    def __init__(self, folder, *, history=10**6, ticks=ROWS):
        self.series = Series(history=history)
        self.log = Log(folder, ticks=ticks)
        self.at = START

    def tick(self, step=STEP, **values):
        """Make a tick and write it; raises OSError as the log does."""
        self.at += step
        rows = []
        self.series.observer = rows.append
        found = values or dict.fromkeys(WIDE, self.at / STEP)
        samples = [Sample(name, (), float(value)) for name, value in found.items()]
        self.series.append(Snapshot(self.at, [Family("m", Kind.GAUGE, "", samples)]))
        self.series.append_samples([Sample("r", (), 1.0)], self.at, source="rule")
        self.log.write([rows])
        self.log.tidy(self.series.needs)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.log.seal()

    def begin_anew(self):
        """Go on with another log on the same folder, as after a restart."""
        self.log.seal()
        self.log = Log(self.log.folder, ticks=self.log._ticks)
        for path in self.log.files():
            self.log.know(path, max(row.at for row in decode(path.read_bytes()) if not row.source))

    def restart(self):
        """Replay the folder into another store."""
        log, series = Log(self.log.folder), Series(history=self.series.history)
        restoration = Restoration(series, now=self.at, interval_ms=STEP)
        for path in log.files():
            assert restoration.replay(path.read_bytes()).damage == ""
        return series


@pytest.fixture
def host_on(tmp_path):
    """Begin hosts on a folder; their files are closed in the end."""
    with ExitStack() as stack:
        yield lambda folder=tmp_path, **options: stack.enter_context(Host(folder, **options))


@contextmanager
def files_of_at_most(size):
    """Let this process write no file beyond *size* bytes, as on a disk that is full."""
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def sizes(log):
    return [path.stat().st_size for path in log.files()]


def test_a_new_file_begins_when_one_is_full_and_each_can_be_read_alone(tmp_path, host_on):
    host = host_on(tmp_path / "series", ticks=5)
    for _ in range(12):
        host.tick()
    assert [path.name for path in host.log.files()] == [f"000000000{number}.rows" for number in (1, 2, 3)]
    ticks = [[row.at for row in decode(path.read_bytes()) if not row.source] for path in host.log.files()]
    assert list(map(len, ticks)) == [5, 5, 2]
    assert contents(host.restart()) == contents(host.series)


def test_another_start_goes_on_in_a_file_of_its_own(host_on):
    host = host_on()
    host.tick()
    host.begin_anew()
    host.tick()
    assert [path.name for path in host.log.files()] == ["0000000001.rows", "0000000002.rows"]
    assert contents(host.restart()) == contents(host.series)


def test_what_has_left_the_history_is_thinned_and_what_nobody_needs_is_deleted(host_on):
    host = host_on(history=40, ticks=10)
    host.series.keep({"m3": 100 * STEP, "r": 70 * STEP})
    for _ in range(300):
        host.tick()
    kinds = [path.suffix for path in host.log.files()]
    assert kinds == sorted(kinds, reverse=True)  # thin ones first
    assert 4 <= kinds.count(".rows") <= 6
    assert 10 <= len(kinds) <= 12
    thin = [row for path in host.log.files() if path.suffix == ".thin" for row in decode(path.read_bytes())]
    assert {name for row in thin for name in row.names} == {"m3", "r"}
    assert len([row for row in thin if not row.source]) % 10 == 0
    assert max(sizes(host.log)[:3]) < max(sizes(host.log)) / 3
    series, since = host.restart(), host.at - 90 * STEP
    for one in (series, host.series):
        view = one.view()
        [(_, points)] = [
            found for found in view.windows(view.select(()), since, host.at) if found[0].get("__name__") == "m3"
        ]
        assert len(points.times) == 90


def test_a_rule_that_reads_every_name_keeps_every_name(host_on):
    host = host_on(history=20, ticks=10)
    host.series.keep({}, everything=100 * STEP)
    for _ in range(100):
        host.tick()
    assert {len(row.names) for path in host.log.files() for row in decode(path.read_bytes())} == {1, 20}


def test_thin_files_still_say_that_a_series_ended(host_on):
    host = host_on(history=20, ticks=10)
    host.series.keep({"a": 1000 * STEP})
    for number in range(60):
        host.tick(**({"a": 1, "b": 1} if number < 5 else {"b": 1}))
    assert ".thin" in {path.suffix for path in host.log.files()}
    assert "a" not in {labels[0][1] for labels in contents(host.restart())[1]}


@settings(max_examples=25)
@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=5), st.integers(1, 12), st.integers(20, 60), st.integers(0, 90)
)
def test_whenever_it_is_restarted_all_that_is_needed_comes_back(tmp_path_factory, lives, ticks, history, needed):
    with Host(tmp_path_factory.mktemp("log"), history=history, ticks=ticks) as host:
        live(host, lives, history, needed)


def live(host, lives, history, needed):
    for life in lives:
        host.series.keep({"a": needed * STEP})
        for number in range(life):
            host.tick(**({"a": host.at, "b": 1} if number % 7 else {"a": 1}))
        shown = [
            contents_since(one, host.at - kept * STEP, name)
            for name, kept in (("a", max(history, needed)), ("b", history))
            for one in (host.series, host.restart())
        ]
        assert shown[0] == shown[1]
        assert shown[2] == shown[3]
        host.begin_anew()


def contents_since(series, since, name):
    view = series.view()
    tracks = [track for track in view.select(()) if track.labels.get("__name__") == name]
    return [list(zip(*points, strict=True)) for _, points in view.windows(tracks, since, 1 << 60)]


def test_a_full_disk_leaves_no_torn_file_and_what_it_refused_can_be_written_later(host_on):
    host = host_on()
    host.tick()
    rows = []
    host.series.observer = rows.append
    with files_of_at_most(sizes(host.log)[0] + 10), pytest.raises(OSError, match="File too large"):
        host.tick()
    before = sizes(host.log)
    host.tick()
    assert len(sizes(host.log)) == 1
    assert sizes(host.log) > before
    assert len(contents(host.restart())[0][(("__name__", "m0"),)]) == 2


def test_where_not_even_a_file_can_begin_none_is_left_behind(host_on):
    host = host_on()
    with files_of_at_most(3), pytest.raises(OSError, match="File too large"):
        host.tick()
    assert host.log.files() == []
    host.tick()
    assert len(host.log.files()) == 1


def test_a_folder_that_cannot_be_made_is_said_so_and_used_once_it_can(tmp_path, host_on):
    (tmp_path / "series").write_text("in the way")
    host = host_on(tmp_path / "series")
    assert host.log.files() == []
    with pytest.raises(OSError, match="File exists"):
        host.tick()
    (tmp_path / "series").unlink()
    host.tick()
    assert len(host.log.files()) == 1


def test_a_clock_that_was_set_back_begins_the_files_anew_as_it_does_the_series(host_on):
    host = host_on(ticks=3)
    for _ in range(7):
        host.tick()
    host.tick(step=-3_600_000)
    host.tick()
    assert [path.name for path in host.log.files()] == ["0000000001.rows"]
    assert contents(host.restart()) == contents(host.series)
    assert len(contents(host.series)[0][(("__name__", "m0"),)]) == 2


def test_files_of_the_future_go_at_the_first_tick_and_older_ones_stay(host_on):
    host = host_on(ticks=2)
    for step in (STEP, STEP, 86_400_000, STEP):
        host.tick(step=step)
    host.begin_anew()
    host.at = START + 10 * STEP
    host.tick()
    assert [path.name for path in host.log.files()] == ["0000000001.rows", "0000000002.rows"]


def test_a_mended_file_has_what_was_sound_and_is_damaged_no_more(tmp_path, host_on):
    host = host_on()
    for _ in range(3):
        host.tick()
    [path] = host.log.files()
    torn = path.read_bytes()[:-5]
    path.write_bytes(torn)
    with pytest.raises(DamagedError):
        list(decode(torn))
    host.log.mend(path, torn)
    assert [row.at for row in decode(path.read_bytes()) if not row.source] == [START + STEP, START + 2 * STEP]
    assert list(tmp_path.iterdir()) == [path]
