import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from medic.app.settings.yaml import MAX_BYTES, MAX_DEPTH, MAX_NODES, parse, scalar

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x7f"), max_size=12)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(TREES)
@example({"<<": None})
def test_json_is_read_as_json(tree):
    document = parse(json.dumps(tree))
    assert document.tree == tree
    assert not document.findings


@settings(deadline=None)
@given(st.text())
@example("%YAML 1." + "9" * 5000 + "\n--- a")
@example('"\\UFFFFFFFF"')
@example('"\\ud800"')
@example("? [a, b]\n: c")
@example("*a")
@example("&a [*a]")
@example("\0")
@example("a: &x b\nc: *x\n---\n...")
@example("[" * 5000)
@example("{a: " * 5000)
@example("!!python/object/apply:os.system [x]")
def test_no_text_is_more_than_a_document_with_findings(text):
    document = parse(text)
    for finding in document.findings:
        assert finding.text
        assert finding.advice
        assert document.line(finding.path) is None or document.line(finding.path) > 0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("n", "n"),
        ("true", True),
        ("False", False),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("-3", -3),
        ("1.5e3", 1500.0),
        (".5", 0.5),
        ("~", None),
        ("", None),
        ("2024-01-01", "2024-01-01"),
        ("9" * 5000, "9" * 5000),
        ("1e999", "1e999"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text, value):
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


def test_quoted_scalars_are_text():
    assert parse("a: 'true'\nb: \"12\"\nc: |\n  5\n").tree == {"a": "true", "b": "12", "c": "5\n"}


def test_keys_are_text_whatever_they_look_like():
    assert parse("on: 1\n12: 2\ntrue: 3").tree == {"on": 1, "12": 2, "true": 3}


def test_every_value_knows_its_line():
    document = parse("a:\n  - x\n  - b: 1\n    c:\n      2\n")
    assert document.lines == {
        (): 1,
        ("a",): 1,
        ("a", 0): 2,
        ("a", 1): 3,
        ("a", 1, "b"): 3,
        ("a", 1, "c"): 4,
    }
    assert document.line(("a", 1, "missing")) == 3


def test_a_key_written_twice_is_found_on_its_line_and_the_first_counts():
    document = parse("a: 1\nb: 2\na: 3\n")
    assert document.tree == {"a": 1, "b": 2}
    assert [(finding.path, finding.text) for finding in document.findings] == [
        (("a",), "written twice, first on line 1")
    ]
    assert document.line(("a",)) == 3


def test_aliases_stand_for_their_values():
    document = parse("a: &x {k: [1]}\nb: *x\n")
    assert document.tree == {"a": {"k": [1]}, "b": {"k": [1]}}
    assert not document.findings


def test_aliases_that_multiply_are_refused_before_they_do():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    (finding,) = parse("\n".join(lines)).findings
    assert finding.text == f"holds more than {MAX_NODES} values"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: [1\nc: 2\n", 3, "is not YAML"),
        ("a: 1\n b: 2\n", 2, "is not YAML"),
        ("a: 1\n---\nb: 2\n", 2, "there is a second document"),
        ("a: 1\n? [x]\n: 2\n", 2, "a key is not plain text"),
        ("a: *b\n", 1, "*b is used before &b"),
        ("a: 1\nb: \x07\n", 2, "is not YAML"),
        ("a: !!int 5\n", 1, "the tag tag:yaml.org,2002:int is not known"),
        ("a:\n  <<: {b: 1}\n", 2, "merge keys (<<) are not in YAML 1.2"),
        ("\n" + "[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2), 2, f"nested deeper than {MAX_DEPTH} levels"),
        ('a: "\\ud800"\n', 1, "holds half of a character"),
    ],
)
def test_what_cannot_be_read_is_found_with_its_line(text, line, words):
    document = parse(text)
    (finding,) = document.findings
    assert finding.text.startswith(words)
    assert document.line(finding.path) == line


def test_a_huge_file_is_refused_unread():
    (finding,) = parse("# " + "x" * MAX_BYTES).findings
    assert finding.text == "is larger than 256 KiB"
