"""GPUs as families: nvidia_gpu_exporter's, and Medic's own."""

from collections.abc import Iterable, Iterator, Sequence

from exporter.collectors.gpu.fields import LIVE, MEMORY, STEADY, THROUGHPUT, metric
from exporter.collectors.gpu.readings import Instance, Look, Reading
from exporter.collectors.gpu.usage import People, by_pool, by_worker, orphaned
from medic.core.samples import Family, Labels, Sample, gauge, labels

METRICS = {field: metric(field) for query in (*LIVE, *STEADY, *THROUGHPUT) for field in query.fields}


def families(look: Look, people: People) -> list[Family]:
    """Lay out what GPUs answered."""
    readings = look.readings
    return [
        *_of_the_driver(look),
        *_of_fields(readings),
        *_of_instances(readings),
        *_of_usage(readings, people),
    ]


def _of_the_driver(look: Look) -> list[Family]:
    return [
        gauge(
            "nvidia_smi_nvml_return_code",
            "NVML's return code of the last look at the GPUs, 0 when all answered.",
            *([((), look.code)] if look.code is not None else []),
        ),
        gauge("nvidia_smi_count", "count", *((labels(uuid=each.uuid), len(look.readings)) for each in look.readings)),
        gauge(
            "nvidia_smi_gpu_info",
            "A metric with a constant '1' value labeled by gpu uuid, name, vbios_version, driver_version, pci_bus_id, "
            "serial, compute_cap, pci_sub_device_id, index, cuda_version.",
            *((each.identity, 1) for each in look.readings),
        ),
    ]


def _of_fields(readings: Sequence[Reading]) -> Iterator[Family]:
    for field, known in METRICS.items():
        rows = [
            Sample(known.name, labels(uuid=each.uuid), each.values[field]) for each in readings if field in each.values
        ]
        yield Family(known.name, known.kind, known.help, rows)


def _of_instances(readings: Sequence[Reading]) -> Iterator[Family]:
    yield gauge(
        "nvidia_smi_mig_info",
        "A metric with a constant '1' value labeled by the identity of a MIG device.",
        *((_identity(reading, each), 1) for reading in readings for each in reading.instances),
    )
    divided = [(reading, each) for reading in readings for each in _whole(reading.instances)]
    for field in MEMORY.fields:
        name = metric(field).name.replace("nvidia_smi_", "nvidia_smi_mig_")
        yield gauge(
            name,
            f"{field.partition(' ')[0]} of the GPU instance, in bytes.",
            *((_place(reading, each), each.memory[field]) for reading, each in divided if field in each.memory),
        )


def _whole(instances: Iterable[Instance]) -> Iterable[Instance]:
    """Take each GPU instance once: its compute instances share its memory."""
    return {each.gpu_instance: each for each in instances}.values()


def _place(reading: Reading, instance: Instance) -> Labels:
    return labels(uuid=reading.uuid, gpu_instance_id=str(instance.gpu_instance))


def _identity(reading: Reading, instance: Instance) -> Labels:
    return labels(
        uuid=reading.uuid,
        mig_uuid=instance.uuid,
        gpu_instance_id=str(instance.gpu_instance),
        compute_instance_id=str(instance.compute_instance),
        profile=instance.profile,
    )


def _of_usage(readings: Sequence[Reading], people: People) -> list[Family]:
    told = [(each, each.processes) for each in readings if each.processes is not None]
    # A sum over some of the GPUs would look like a worker that let go of the others.
    workers = by_worker([processes for _, processes in told], people) if len(told) == len(readings) else {}
    return [
        gauge(
            "medic_gpu_process_memory_bytes",
            "Memory of the GPU that a pool's processes hold; without a pool, all others.",
            *(
                (labels(uuid=each.uuid, pool=pool), used)
                for each, processes in told
                for pool, used in by_pool(processes, people).items()
            ),
        ),
        gauge(
            "medic_gpu_orphaned_memory_bytes",
            "Memory of the GPU that is used and that no living process holds.",
            *((labels(uuid=each.uuid), lost) for each in readings if (lost := orphaned(each, people)) is not None),
        ),
        gauge(
            "medic_worker_gpu_memory_bytes",
            "Memory of all GPUs that the worker and what it started hold.",
            *((labels(pool=owner.pool, worker=owner.worker), used) for owner, used in workers.items()),
        ),
    ]
