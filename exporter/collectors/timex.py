"""How well the clock is kept, from adjtimex(2)."""

import ctypes
import errno
import os
from collections.abc import Callable

from medic.core.samples import Family, Kind, Sample

UNSYNCHRONISED = 5
"""TIME_ERROR, what the call returns while no server sets the clock."""
STA_NANO = 0x2000
"""The status bit that says: offset and jitter are in nanoseconds, else in microseconds."""
NANO, MICRO = 1_000_000_000, 1_000_000
PPM = 1_000_000 << 16
"""Parts per million in the kernel's fixed point."""


class Timex(ctypes.Structure):
    """``struct timex`` of glibc and musl on 64 bits."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("seconds", ctypes.c_long),
        ("microseconds", ctypes.c_long),
        ("tick", ctypes.c_long),
        ("ppsfreq", ctypes.c_long),
        ("jitter", ctypes.c_long),
        ("shift", ctypes.c_int),
        ("stabil", ctypes.c_long),
        ("jitcnt", ctypes.c_long),
        ("calcnt", ctypes.c_long),
        ("errcnt", ctypes.c_long),
        ("stbcnt", ctypes.c_long),
        ("tai", ctypes.c_int),
        ("reserved", ctypes.c_int * 11),
    )


Read = Callable[[Timex, int], float]
"""Takes what the kernel gave, and how many of its units of time make a second."""

FIELDS: tuple[tuple[str, Kind, str, Read], ...] = (
    ("offset_seconds", Kind.GAUGE, "Time offset in between local system and reference clock.",
     lambda timex, unit: timex.offset / unit),
    ("frequency_adjustment_ratio", Kind.GAUGE, "Local clock frequency adjustment.",
     lambda timex, _: 1 + timex.freq / PPM),
    ("maxerror_seconds", Kind.GAUGE, "Maximum error in seconds.", lambda timex, _: timex.maxerror / MICRO),
    ("estimated_error_seconds", Kind.GAUGE, "Estimated error in seconds.", lambda timex, _: timex.esterror / MICRO),
    ("status", Kind.GAUGE, "Value of the status array bits.", lambda timex, _: timex.status),
    ("loop_time_constant", Kind.GAUGE, "Phase-locked loop time constant.", lambda timex, _: timex.constant),
    ("tick_seconds", Kind.GAUGE, "Seconds between clock ticks.", lambda timex, _: timex.tick / MICRO),
    ("pps_frequency_hertz", Kind.GAUGE, "Pulse per second frequency.", lambda timex, _: timex.ppsfreq / PPM),
    ("pps_jitter_seconds", Kind.GAUGE, "Pulse per second jitter.", lambda timex, unit: timex.jitter / unit),
    ("pps_shift_seconds", Kind.GAUGE, "Pulse per second interval duration.", lambda timex, _: timex.shift),
    ("pps_stability_hertz", Kind.GAUGE, "Pulse per second stability, average of recent frequency changes.",
     lambda timex, _: timex.stabil / PPM),
    ("pps_jitter_total", Kind.COUNTER, "Pulse per second count of jitter limit exceeded events.",
     lambda timex, _: timex.jitcnt),
    ("pps_calibration_total", Kind.COUNTER, "Pulse per second count of calibration intervals.",
     lambda timex, _: timex.calcnt),
    ("pps_error_total", Kind.COUNTER, "Pulse per second count of calibration errors.", lambda timex, _: timex.errcnt),
    ("pps_stability_exceeded_total", Kind.COUNTER, "Pulse per second count of stability limit exceeded events.",
     lambda timex, _: timex.stbcnt),
    ("tai_offset_seconds", Kind.GAUGE, "International Atomic Time (TAI) offset.", lambda timex, _: timex.tai),
)  # fmt: skip
TITLES = [(f"node_timex_{field}", kind, help_, read) for field, kind, help_, read in FIELDS]
SYNCHRONISED = "node_timex_sync_status"


class Timekeeping:
    """The kernel's clock, which is only looked at, never set."""

    def __init__(self) -> None:
        """Find the call in the C library."""
        self._adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex

    def collect(self) -> list[Family]:
        """Give ``node_timex_*``; nothing in a container that may not even look."""
        timex = Timex()
        state = self._adjtimex(ctypes.byref(timex))
        if state >= 0:
            return families(timex, state)
        error = ctypes.get_errno()
        if error == errno.EPERM:
            return []
        raise OSError(error, f"adjtimex: {os.strerror(error)}")


def families(timex: Timex, state: int) -> list[Family]:
    """Lay out what the call gave, and the state that it returned, as node_exporter does."""
    unit = NANO if timex.status & STA_NANO else MICRO
    help_ = "Is clock synchronized to a reliable server (1 = yes, 0 = no)."
    synchronised = Sample(SYNCHRONISED, (), int(state != UNSYNCHRONISED))
    return [
        Family(SYNCHRONISED, Kind.GAUGE, help_, [synchronised]),
        *(Family(name, kind, help_, [Sample(name, (), read(timex, unit))]) for name, kind, help_, read in TITLES),
    ]
