"""Asking the engine in tests: series written as in Prometheus' test scripts, results as plain dictionaries."""

from rules.promql import Compat, Matrix, Scalar, Vector, compile_query
from rules.series import Series
from tests.promqltest_judge import Store
from tests.promqltest_script import Load, read_line

MINUTE = 60_000


def load(*lines: str, step: int = MINUTE) -> Series:
    """Store series lines such as ``x{a="b"} 1+1x5`` with a sample each *step* milliseconds from 0 on."""
    store = Store()
    store.load(Load(step, [read_line(line) for line in lines]))
    return store.series()


def ask(series: Series, text: str, at: float = 0, *, compat: Compat = Compat.PROMETHEUS_3) -> dict[str, float] | float:
    """Evaluate *text* at *at* minutes; a vector comes as its values by their labels, written as text."""
    value = compile_query(text, compat=compat).at(series.view(), round(at * MINUTE))
    if isinstance(value, Scalar):
        return value.value
    assert isinstance(value, Vector)
    return {show(labels): number for labels, number in value.samples}


def points(series: Series, text: str, at: float = 0) -> dict[str, list[tuple[int, float]]]:
    """Evaluate a range vector at *at* minutes."""
    value = compile_query(text).at(series.view(), round(at * MINUTE))
    assert isinstance(value, Matrix)
    return {show(row.labels): list(row.points) for row in value.rows}


def show(labels) -> str:
    """Write labels as in a query, the name in front."""
    name = dict(labels).get("__name__", "")
    return name + ",".join(f"{key}={value}" for key, value in labels if key != "__name__").join("{}")
