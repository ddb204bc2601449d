"""A real GPU, where there is one: what Medic tells of it is what NVIDIA's own program tells."""

import csv
import subprocess

import pytest

from exporter.collectors.gpu import Options, collectors
from exporter.collectors.gpu.fields import metric
from medic.core.clock import SystemClock

pytestmark = pytest.mark.needs("gpu")

MIB = 1 << 20
SCALES = {"[MiB]": MIB, "[MHz]": 1e6, "[%]": 0.01}
SAME = (
    "memory.total [MiB]",
    "memory.reserved [MiB]",
    "clocks.max.sm [MHz]",
    "clocks.max.memory [MHz]",
    "power.limit [W]",
    "power.max_limit [W]",
    "pcie.link.gen.max",
    "pcie.link.width.max",
    "ecc.errors.uncorrected.aggregate.total",
    "index",
)
"""What stands still between two looks."""
NEAR = {"memory.used [MiB]": 512 * MIB, "temperature.gpu": 10, "power.draw [W]": 150, "utilization.gpu [%]": 1.0}
"""What moves, and by how much it may."""


def smi(*fields):
    """Ask nvidia-smi; a row for each GPU, with None for what it does not know."""
    asked = ",".join(field.partition(" ")[0] for field in ("uuid", *fields))
    command = ["nvidia-smi", f"--query-gpu={asked}", "--format=csv,noheader,nounits"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = csv.reader(ran.stdout.splitlines(), skipinitialspace=True)
    return {
        uuid.removeprefix("GPU-"): {
            field: None if "N/A" in text or "[" in text else float(text) * SCALES.get(field.partition(" ")[2], 1)
            for field, text in zip(fields, row, strict=True)
        }
        for uuid, *row in rows
    }


@pytest.fixture(scope="module")
def seen():
    gpu, _ = collectors(Options(), SystemClock(), tuple)
    gpu.collect()
    return {(name, pairs): value for family in gpu.collect() for name, pairs, value, _ in family.samples}


def of(seen, field, uuid):
    return seen.get((metric(field).name, (("uuid", uuid),)))


def test_as_many_gpus_are_present_as_nvidia_smi_lists(seen):
    assert seen["medic_gpu_present", ()] == len(smi())


@pytest.mark.parametrize("field", SAME)
def test_what_stands_still_is_the_same(seen, field):
    for uuid, row in smi(field).items():
        known = of(seen, field, uuid)
        slack = MIB if field.startswith("memory") else 0.01
        assert known is None if row[field] is None else known == pytest.approx(row[field], abs=slack)


@pytest.mark.parametrize("field", NEAR)
def test_what_moves_is_near(seen, field):
    for uuid, row in smi(field).items():
        known = of(seen, field, uuid)
        assert known is None if row[field] is None else known == pytest.approx(row[field], abs=NEAR[field])


def test_who_it_is_has_the_same_name_and_driver(seen):
    infos = [dict(pairs) for name, pairs in seen if name == "nvidia_smi_gpu_info"]
    command = ["nvidia-smi", "--query-gpu=uuid,name,driver_version", "--format=csv,noheader"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    told = {tuple(line.split(", ")) for line in ran.stdout.splitlines()}
    assert {(f"GPU-{each['uuid']}", each["name"], each["driver_version"]) for each in infos} == told
