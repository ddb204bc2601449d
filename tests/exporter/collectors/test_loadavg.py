import pytest

from exporter.collectors.loadavg import parse
from tests.exporter.tree import PROC, value


def test_the_three_averages_are_read():
    families = parse("0.15 1.06 12.03 1/100 10523\n")
    assert [value(families, f"node_load{minutes}") for minutes in (1, 5, 15)] == [0.15, 1.06, 12.03]


def test_the_recorded_file_is_read():
    assert len(parse((PROC / "loadavg").read_text())) == 3


@pytest.mark.parametrize("text", ["", "0.1 0.2", "a b c"])
def test_a_file_of_another_shape_is_an_error(text):
    with pytest.raises(ValueError, match=r"."):
        parse(text)
