from hypothesis import given
from hypothesis import strategies as st

from exporter.lines import Lines

WANTED = {"a": 1, "pgfault": 2}


def picked(lines, text):
    return [(meaning, int(value)) for meaning, value in lines.pick(text)]


def test_only_wanted_lines_are_picked():
    assert picked(Lines(WANTED.get), "x 9\na 5\npgfault \t 7\npgfaults 8\n") == [(1, 5), (2, 7)]


def test_a_line_whose_name_begins_like_a_wanted_one_does_not_stand_in_for_it():
    lines = Lines(WANTED.get)
    assert picked(lines, "pgfault 1\nx 1\n") == [(2, 1)]
    assert picked(lines, "pgfaults 1\nx 1\n") == []


def test_lines_that_moved_are_found_again():
    lines = Lines(WANTED.get)
    assert picked(lines, "a 1\nx 2\n") == [(1, 1)]
    assert picked(lines, "x 2\na 3\n") == [(1, 3)]
    assert picked(lines, "x 2\ny 1\na 4\n") == [(1, 4)]


names = st.lists(st.sampled_from(["a", "pgfault", "x", "ab", "pgfaults"]), unique=True)


@given(st.data(), st.lists(names, min_size=1, max_size=4))
def test_what_is_picked_of_any_file_is_what_a_look_at_each_line_finds(data, files):
    for file in files:
        lines = Lines(WANTED.get)
        for _ in range(2):
            values = [data.draw(st.integers(0, 99)) for _ in file]
            text = "".join(f"{name} {value}\n" for name, value in zip(file, values, strict=True))
            found = [(WANTED[name], value) for name, value in zip(file, values, strict=True) if name in WANTED]
            assert picked(lines, text) == found
