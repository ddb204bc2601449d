from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.core.outputs import LONGEST, TAIL, last_line


def line_of(content, begin=0):
    with TemporaryDirectory() as folder:
        path = Path(folder, "output")
        path.write_bytes(content)
        return last_line(path, begin)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", ""),
        (b"\n \n\t\n", ""),
        (b"one", "one"),
        (b"one\ntwo\n\n", "two"),
        (b"\x1b[31mred\x1b[0m\n", "[31mred [0m"),
        (b"50%\r100%\n", "50% 100%"),
        (b"caf\xc3\xa9 \xff\n", "café �"),
        ("right \u202eto left".encode(), "right  to left"),
        (b"x" * 300, "x" * LONGEST),
    ],
)
def test_the_last_line_that_is_not_blank_is_given_as_it_can_be_printed(content, line):
    assert line_of(content) == line


@pytest.mark.parametrize(("begin", "line"), [(0, "mine"), (6, "mine"), (8, "ne"), (10, ""), (11, ""), (10_000, "")])
def test_what_lies_before_the_begin_belongs_to_others(begin, line):
    assert line_of(b"older\nmine\n", begin) == line


def test_no_more_than_the_end_of_a_long_output_is_looked_at():
    assert line_of(b"said\n" + b"\n" * TAIL) == ""
    assert line_of(b"said\n" + b"\n" * (TAIL - 5)) == "said"


@given(st.binary(max_size=2 * TAIL), st.integers(0, 3 * TAIL))
def test_any_output_gives_one_short_printable_line(content, begin):
    line = line_of(content, begin)
    assert len(line) <= LONGEST
    assert line.isprintable()


def test_an_output_that_is_not_there_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        last_line(tmp_path / "none")
