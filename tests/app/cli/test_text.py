import pytest

from medic.app.cli.text import (
    Column,
    everything,
    items_of,
    milliseconds,
    number_of,
    percent,
    print_table,
    value_of,
    write,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        ("", "-"),
        ([], "-"),
        ({}, "-"),
        (0, "0"),
        (True, "yes"),
        (False, "no"),
        (0.8148148, "0.8148"),
        (["a", None, 2], "a, -, 2"),
        ({"crash": 2, "oom": 0}, "crash=2"),
        ("words", "words"),
    ],
)
def test_values_are_written_for_people(value, text):
    assert write(value) == text


def test_a_table_is_as_wide_as_its_widest_cells_and_ends_no_line_with_blanks(capsys):
    items = [{"name": "a", "in": {"ner": "long value"}}, {"name": "longer", "in": {}}]
    print_table(("in.ner", "name", "gone"), items, none="nothing")
    assert capsys.readouterr().out.splitlines() == [
        "NER         NAME    GONE",
        "long value  a       -",
        "-           longer  -",
    ]


@pytest.mark.parametrize(("seconds", "text"), [(0.0055984, "5.6 ms"), (2, "2000.0 ms"), (None, "-")])
def test_a_latency_has_its_unit(seconds, text):
    assert milliseconds(seconds) == text


def test_an_empty_table_says_so_in_words(capsys):
    print_table(("a",), [], none="nothing")
    assert capsys.readouterr().out == "nothing\n"


def test_what_is_not_there_is_none_or_nothing():
    assert value_of({"a": 1}, "a.b.c") is None
    assert value_of([1], "a") is None
    assert items_of({"a": {"b": [1]}}, "a.b") == [1]
    assert items_of([1, 2], "a") == [1, 2]
    assert items_of({"a": "text"}, "a") == []


def test_a_column_may_have_a_head_and_a_way_of_writing_of_its_own(capsys):
    items = [{"rate": 0.6981, "target": None}, {"rate": None, "target": "pool:a"}, {"rate": 1, "target": ""}]
    print_table((Column("rate", "success", percent), Column("target", show=everything)), items, none="nothing")
    assert capsys.readouterr().out.splitlines() == [
        "SUCCESS  TARGET",
        "69.8%    everything",
        "-        pool:a",
        "100.0%   -",
    ]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [((0, "queue"), "0 queues"), ((1, "queue"), "1 queue"), ((2, "remedy", "remedies"), "2 remedies")],
)
def test_a_count_agrees_with_its_noun(arguments, text):
    assert number_of(*arguments) == text
