"""How a tree becomes a section, for every shape that annotations have."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.app.settings.mistakes import write_path
from medic.app.settings.model import Configuration
from medic.app.settings.parsing import parse
from medic.app.settings.queues import Queue
from medic.app.settings.sections import (
    REST,
    AfterValidator,
    BeforeValidator,
    Bounds,
    PathValidator,
    PlainValidator,
    SecretStr,
    Section,
    WrongValueError,
    default_of,
    keys_of,
)
from medic.app.web.toolkit.words import TlsServer, WebConfiguration


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"
    GREEN = "green"


def even(value):
    if value % 2:
        raise WrongValueError("is odd", "write the next")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner(Section):
    size: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer(Section):
    name: str
    colour: Colour = Colour.RED
    count: Annotated[int, Bounds(ge=2, le=8), AfterValidator(even)] = 2
    share: Annotated[float, Bounds(gt=0, le=1)] = 1.0
    on: bool = False
    words: Annotated[tuple[Annotated[str, Bounds(min_length=1, max_length=3)], ...], Bounds(min_length=1)] = ("a",)
    folder: Annotated[Path, PathValidator(lambda value, folder: folder / str(value))] = Path("/")
    doubled: Annotated[int, AfterValidator(even), BeforeValidator(lambda value: value * 2)] = 0
    read: Annotated[int, AfterValidator(even), PlainValidator(len)] = 0
    secret: SecretStr | None = None
    secrets: Mapping[str, SecretStr] = field(default_factory=dict)
    inner: Inner = Inner()
    inners: tuple[Inner, ...] = ()
    others: dict[str, Inner] = field(default_factory=dict, metadata=REST)


def found(**tree):
    section, wrong = parse(Outer, {"name": "n"} | tree, Path("/here"))
    assert not wrong
    return section


def refused(**tree):
    section, wrong = parse(Outer, {"name": "n"} | tree, Path("/here"))
    assert section is None
    return [f"{write_path(each.path)}: {each.text}; {each.advice}" for each in wrong]


def test_what_is_not_said_has_its_default_and_what_is_said_is_remembered():
    section = found(on=False)
    assert section == Outer(name="n")
    assert section.said == {"name", "on"}


@pytest.mark.parametrize(
    ("key", "value", "meant"),
    [
        ("colour", "blue", Colour.BLUE),
        ("count", 4, 4),
        ("share", 1, 1),
        ("on", True, True),
        ("words", ["a", "b"], ("a", "b")),
        ("folder", "x", Path("/here/x")),
        ("doubled", 3, 6),
        ("read", "abc", 3),
        ("secret", None, None),
        ("secret", "s", SecretStr("s")),
        ("secrets", {"k": "s"}, {"k": SecretStr("s")}),
        ("inner", {"size": 2}, Inner(size=2)),
        ("inners", [{}, {"size": 2}], (Inner(), Inner(size=2))),
    ],
)
def test_each_shape_is_read(key, value, meant):
    assert getattr(found(**{key: value}), key) == meant


def test_keys_of_no_field_go_to_the_field_that_takes_the_rest():
    section = found(cpu={"size": 3}, disk={})
    assert section.others == {"cpu": Inner(size=3), "disk": Inner()}
    assert "others" not in keys_of(Outer)
    assert refused(others={"cpu": {"size": 3}}) == ["others.cpu: unknown key; the keys here are size"]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("name", 3, "name: is not text; put it in quotes"),
        ("colour", "pink", "colour: is not one of the choices; write 'red', 'blue' or 'green'"),
        ("colour", ["red"], "colour: is not one of the choices; write 'red', 'blue' or 'green'"),
        ("count", 0, "count: is too small; write at least 2"),
        ("count", 9, "count: is too large; write at most 8"),
        ("count", 3, "count: is odd; write the next"),
        ("count", True, "count: is not a whole number; write digits alone, such as 3"),
        ("count", 2.0, "count: is not a whole number; write digits alone, such as 3"),
        ("share", 0, "share: is too small; write more than 0"),
        ("share", "1", "share: is not a number; write digits alone, such as 3 or 1.5"),
        ("on", 1, "on: is not true or false; write true or false"),
        ("words", "a", "words: is not a list; write [one, two], or a line with - for each"),
        ("words", [], "words: is empty; write at least one entry"),
        ("words", ["a", ""], "words[1]: is empty; write something, or remove it"),
        ("words", ["abcd"], "words[0]: is too long; write at most 3 letters"),
        ("secrets", [], "secrets: is not a mapping; write key: value lines"),
        ("secrets", {"k": 1}, "secrets.k: is not text; put it in quotes"),
        ("inner", "x", "inner: is not a mapping; write key: value lines, or {} for the defaults"),
        ("inner", {"sise": 1}, "inner.sise: unknown key; did you mean size?"),
        ("inners", [{}, None], "inners[1]: is not a mapping; write key: value lines, or {} for the defaults"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place_and_what_to_write(key, value, words):
    assert refused(**{key: value}) == [words]


def test_every_mistake_is_told_at_once():
    assert len(refused(colour="pink", count=0, words=["", ""], inner={"size": "x", "y": 1})) == 6
    assert parse(Outer, {}, Path())[1][0].text == "is missing"


def test_what_a_section_refuses_as_a_whole_is_told_at_its_place():
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Picky(Section):
        def __post_init__(self):
            raise WrongValueError("is never well", "give up")

    section, (wrong,) = parse(Picky, {}, Path())
    assert section is None
    assert (wrong.path, wrong.text, wrong.advice) == ((), "is never well", "give up")


def test_a_secret_shows_nothing_and_is_compared_by_what_it_keeps():
    secret = SecretStr("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {found(secret='hunter2')!r}"
    assert secret == SecretStr("hunter2") != SecretStr("other")
    assert secret != "hunter2"
    assert len({secret, SecretStr("hunter2")}) == 1
    assert secret
    assert not SecretStr("")


def test_a_default_is_known_by_its_key():
    assert default_of(Outer, "count") == 2
    assert default_of(Outer, "secrets") == {}
    assert default_of(Outer, "name") is None


KEYS = sorted({key for kind in (Configuration, WebConfiguration, TlsServer, Queue) for key in keys_of(kind)})
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)


def holding(inner):
    return st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=5)


JSON = LEAVES | holding(LEAVES | holding(LEAVES | holding(LEAVES)))


@pytest.mark.parametrize("kind", [Configuration, WebConfiguration])
@given(tree=JSON)
def test_whatever_stands_in_a_tree_it_is_read_or_refused_with_a_place_in_it(kind, tree):
    section, wrong = parse(kind, tree, Path("/nowhere"))
    assert (section is None) == bool(wrong)
    assert all(json.dumps(each.path) and each.text for each in wrong)
