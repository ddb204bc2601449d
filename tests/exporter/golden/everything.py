"""Every family that there is, from the real collectors: on the recorded tree, on our own figures, in a real house."""

from dataclasses import replace
from pathlib import Path

from exporter import metrics as runs
from exporter.collector import Collected, Collector
from exporter.collectors import gpu, queues
from exporter.collectors.gpu.expected import Expected
from exporter.collectors.gpu.families import METRICS
from exporter.collectors.gpu.families import families as gpu_families
from exporter.collectors.gpu.readings import Instance, Look, Reading
from exporter.collectors.gpu.usage import USED, Owner, People
from exporter.collectors.gpu.xids import Xids
from exporter.collectors.groups.counts import Counts
from exporter.collectors.groups.families import families as group_families
from exporter.collectors.groups.tally import Errors, Tally, Told
from exporter.probes.families import families as probe_families
from exporter.probes.latency import Latency
from exporter.probes.outcome import Answer, Chain, Outcome, Trail
from exporter.registry import system_collectors
from medic.core.samples import Family, labels
from medic.core.tasks import in_thread
from rhythm import metrics as jobs
from rhythm.record import fold
from tests.app.web.living import CONFIGURATION, open_door
from tests.exporter.collectors.test_queues import FULL
from tests.exporter.tree import ROOTS
from tests.fakes import HandClock
from tests.rhythm.test_metrics import DONE, FRESH, NOON

LIMIT = 60.0
OF_THE_HOST = {"system", "gpu"}
"""The groups of collectors that give something else on every host; all others of a house are asked."""


async def everything(folder: Path) -> list[Family]:
    """Gather all families; a house with all rooms is furnished on *folder*."""
    return [
        *of_the_system(),
        *of_gpus(),
        *of_groups(),
        *of_probes(),
        *queues.families(FULL),
        *jobs.families([replace(FRESH, record=fold(FRESH.record, DONE))], NOON),
        *runs.families({"cpu": Collected(dropped=1)}, {"cpu": 1}),
        *await of_the_rooms(folder),
    ]


def of_the_system() -> list[Family]:
    return [family for each in system_collectors(HandClock(), ROOTS) for family in each.collect()]


def of_gpus() -> list[Family]:
    """Lay out a GPU that answers everything, is divided, and is used by a worker and by somebody else."""
    values = dict.fromkeys(METRICS, 1.0) | {USED: 3e9}
    identity = labels(uuid="u", **dict.fromkeys(IDENTITY, "x"))
    instance = Instance("MIG-u", 1, 0, "1g.10gb", values)
    whole = Reading("u", identity, values, processes={1: 1 << 30, 2: 1 << 20})
    divided = Reading("v", identity, values, instances=(instance,), processes={})
    people = People({1: Owner("rpa", "rpa/1")}, living={1}, pools=("rpa",), workers=(Owner("rpa", "rpa/1"),))
    xids = Xids(lambda: 1.0)
    xids.count("u", 79)
    found = [*gpu_families(Look((whole, divided), 0), people), *Expected(2).families(2), *xids.families()]
    assert {family.name for family in gpu.declared()} <= {family.name for family in found}
    return found


IDENTITY = (
    "name",
    "vbios_version",
    "driver_version",
    "pci_bus_id",
    "serial",
    "compute_cap",
    "pci_sub_device_id",
    "index",
    "cuda_version",
)


def of_groups() -> list[Family]:
    counts = Counts(*([1] * len(Counts._fields)))
    tally = Tally(1, 1, 1, 1, swapped=1, proportional=1, proportional_swap=1, descriptors=1, worst_ratio=0.5, oldest=1)
    tally.states.update(["S"])
    tally.wchans.update(["poll"])
    tally.thread_counts.update(["main"])
    tally.readable = counts
    return group_families(Told({"nginx": tally}, {"nginx": counts}, {"nginx": {"main": counts}}, Errors()), 0)


def of_probes() -> list[Family]:
    trail = Trail(
        float,
        lookup=0.1,
        address="127.0.0.1",
        phases={"tls": 0.1},
        answer=Answer(200, 1.1, secure=True, length=1, modified=1.0, read=1),
        chain=Chain("TLS 1.3", 1.0, 1.0, "ab", "CN=x", "CN=y", "x"),
    )
    outcome = Outcome("web", over_http=True, seconds=0.1, reason="", by_pattern=False, trail=trail)
    return [*probe_families(outcome, labels(probe="web")), Latency().family("web")]


async def of_the_rooms(folder: Path) -> list[Family]:
    """Ask a house that really stands, with a pool, a job, a remedy, an Alertmanager and all the shipped rules."""
    changes = {
        "rules": {},
        "remedies": CONFIGURATION["remedies"],
        "alertmanagers": ["http://127.0.0.1:9"],
    }
    async with open_door(folder, **changes) as door:
        await door.post("/api/v1/workers/ensure")
        for _ in range(2):
            await door.house.ticker.tick()
        asked = [each for each in door.house.runner.collectors.values() if each.group not in OF_THE_HOST]
        return [family for each in asked for family in await ask(each)]


async def ask(collector: Collector) -> list[Family]:
    """Collect where the runner does: in a thread, for some ask the loop from there."""
    if collector.inline:
        return list(collector.collect())
    return await in_thread(lambda: list(collector.collect()), timeout=LIMIT, name=collector.name)
