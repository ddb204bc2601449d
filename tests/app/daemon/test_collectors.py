"""Collectors of other packages that do whatever can be done wrong: the page comes all the same, and so does the end."""

import signal

import pytest

from tests.app.daemon.test_end import SOON, end
from tests.harness import until

MODULE = """
import itertools, threading

from exporter.collector import Collector
from medic.core.samples import Family, Kind, Sample, gauge, labels

def many(count):
    return ((labels(n=str(number)), 1.0) for number in range(count))

def collector(name, collect, **more):
    return Collector(name, "faulty", collect, **more)

def good():
    return collector("good", lambda: [gauge("faulty_good", "Well.", ((), 1))])

def raises():
    def collect():
        raise ValueError("broken on purpose")
    return collector("raises", collect)

def exits():
    def collect():
        raise SystemExit("a library that wants to end the process")
    return collector("exits", collect)

def native():
    class Panic(BaseException):
        pass
    def collect():
        raise Panic("as a native library panics")
    return collector("native", collect)

def late():
    return collector("late", lambda: threading.Event().wait(30) or [], timeout=0.2)

def hangs():
    return collector("hangs", lambda: threading.Event().wait() or [], timeout=0.2)

def million():
    return collector("million", lambda: [gauge("faulty_million", "Too many.", *many(1_000_000))], timeout=60.0,
                     cheap=False, every=600.0)

def endless():
    return collector("endless", lambda: (gauge(f"faulty_{number}", "X.", ((), 1)) for number in itertools.count()))

def nonsense():
    return collector("nonsense", lambda: [gauge("faulty nonsense", "No name.", ((), 1))])

def seldom():
    return collector("seldom", lambda: threading.Event().wait() or [], cheap=False, every=1.0, timeout=0.2)
"""
FAULTY = ("raises", "exits", "native", "late", "hangs", "million", "endless", "nonsense", "seldom")


@pytest.fixture
def faulty(medic, tmp_path):
    """Run a Medic beside a package whose collectors are faulty, all at once."""
    packages = tmp_path / "packages"
    about = packages / "faulty-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty\nVersion: 1.0\n")
    lines = "".join(f"{name} = faulty:{name}\n" for name in ("good", *FAULTY))
    (about / "entry_points.txt").write_text(f"[medic.collectors]\n{lines}")
    (packages / "faulty.py").write_text(MODULE)
    medic.env["PYTHONPATH"] = str(packages)
    return medic


def of(page, metric):
    """Map collectors to what the page says of them."""
    start = f'{metric}{{collector="'
    lines = [line.removeprefix(start) for line in page.splitlines() if line.startswith(start)]
    return {line.partition('"')[0]: float(line.rsplit(" ", 1)[1]) for line in lines}


def judged(medic):
    """Return a page that tells of every one of them, as soon as there is one."""
    page = medic.get("/metrics")
    return page if of(page, "medic_scrape_collector_success").keys() >= {"good", *FAULTY} else ""


def test_whatever_collectors_do_the_page_comes_with_all_the_rest_and_says_what_is_missing(faulty):
    faulty.start()
    page = until(lambda: judged(faulty), what="a page that tells of every collector")
    success = of(page, "medic_scrape_collector_success")
    assert [name for name in FAULTY if success[name]] == []
    assert success["good"] == success["cpu"] == success["medic"] == 1
    timeout = of(page, "medic_scrape_collector_timeout")
    assert {name for name, value in timeout.items() if value} >= {"late", "hangs", "seldom"}
    assert "\nfaulty_good 1\n" in page
    assert "\nnode_load1 " in page
    assert "faulty_million" not in page
    assert "\nfaulty_0 1\n" in page
    assert "\nfaulty_20000 " not in page
    dropped = until(lambda: _dropped(faulty), what="the count of what was left out")
    assert dropped["million"] >= 1_000_000
    assert dropped["good"] == 0
    assert "broken on purpose" in faulty.output()


def _dropped(medic):
    dropped = of(medic.get("/metrics"), "medic_scrape_series_dropped_total")
    return dropped if dropped.get("million") and dropped.get("endless") else None


def test_collectors_that_hang_do_not_hold_up_the_end(faulty):
    faulty.start()
    until(lambda: judged(faulty), what="a page that tells of every collector")
    code, seconds = end(faulty, signal.SIGTERM)
    assert code == 0
    assert seconds < SOON


def test_what_is_disabled_is_not_there_and_what_is_not_exposed_is_for_the_rules(faulty):
    off = {name: {"enabled": False} for name in FAULTY}
    faulty.config["collectors"] = {**off, "good": {"expose": False}, "netstat": {"enabled": False}}
    faulty.start()
    page = faulty.get("/metrics")
    success = of(page, "medic_scrape_collector_success")
    assert success.keys().isdisjoint({*FAULTY, "netstat"})
    assert success["good"] == 1
    assert "faulty_good" not in page
    assert "node_netstat_" not in page
    assert faulty.json("/api/v1/query?query=faulty_good")["data"]["result"][0]["value"][1] == "1"


def test_a_small_budget_takes_the_largest_families_and_never_medics_own(faulty):
    off = {name: {"enabled": False} for name in FAULTY}
    faulty.config["collectors"] = {**off, "max_series": 40}
    faulty.start()
    page = faulty.get("/metrics")
    assert 'medic_worker_processes_expected{pool="pair"} 2' in page
    assert "medic_build_info{" in page
    assert sum(line.startswith("node_") for line in page.splitlines()) <= 40
    dropped = of(page, "medic_scrape_series_dropped_total")
    assert dropped["meminfo"] > 0
    assert dropped["workers"] == dropped["medic"] == 0
