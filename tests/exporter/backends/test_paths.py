import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.backends.paths import follow, read_time, steps
from exporter.backends.source import BackendError

PAGE = {"data": {"waiting": 3, "a.b": {"c": 4}, "0": "key"}, "list": [{"x": 1}, {"x": 2}]}


@pytest.mark.parametrize(
    ("path", "found"),
    [("data.waiting", 3), ('data."a.b".c', 4), ("data.0", "key"), ("list.0.x", 1), ("list.-1.x", 2)],
)
def test_a_path_leads_to_a_value(path, found):
    assert follow(PAGE, path) == found


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("data.wating", "the path data.wating leads nowhere: data holds the keys 'waiting', 'a.b', '0', and no wating"),
        ("list.2.x", "list holds a list of 2, and no 2"),
        ("list.x", "list holds a list of 2, and no x"),
        ("data.waiting.x", "waiting holds a single value, and no x"),
        ("none", "the page holds the keys 'data', 'list', and no none"),
    ],
)
def test_a_path_that_leads_nowhere_says_where_it_ends_and_what_is_there(path, said):
    with pytest.raises(BackendError) as caught:
        follow(PAGE, path)
    assert said in str(caught.value)


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", 'a."b', '"', 'a"b"'])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(ValueError):
        steps(path)


keys = st.text(st.characters(exclude_characters='"'), min_size=1, max_size=8)


@given(st.lists(keys, min_size=1, max_size=5))
def test_every_key_can_be_reached_in_quotes(names):
    page = value = 7
    for name in reversed(names):
        page = {name: page}
    assert follow(page, ".".join(f'"{name}"' for name in names)) == value


@given(st.text(max_size=30))
def test_any_text_is_a_path_or_none(text):
    try:
        found = steps(text)
    except ValueError:
        return
    assert all(found)


@pytest.mark.parametrize(
    ("value", "milliseconds"),
    [
        ("2026-01-31T12:00:00Z", 1_769_860_800_000),
        ("2026-01-31T13:00:00+01:00", 1_769_860_800_000),
        ("2026-01-31T12:00:00", 1_769_860_800_000),
        (1_769_860_800, 1_769_860_800_000),
        (1_769_860_800.5, 1_769_860_800_500),
        (1_769_860_800_000, 1_769_860_800_000),
        ("soon", "soon"),
        (True, True),
    ],
)
def test_times_are_read_as_pages_write_them(value, milliseconds):
    assert read_time(value) == milliseconds
