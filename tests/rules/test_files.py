import contextlib
import gc
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.document import LOADERS, Mistake, Notes, RuleFileError, compose
from rules.files import load, parse, repeated
from rules.groups import AlertRule, RecordRule
from rules.promql import Compat
from tests.rules import promtool
from tests.rules.corpus import BAD, GOOD, alert, one


def mistakes(content, **options):
    with pytest.raises(RuleFileError) as caught:
        parse(content, file="r.yml", **options)
    return caught.value.mistakes


def refuses(content):
    try:
        parse(content, compat=Compat.PROMETHEUS_2)
    except RuleFileError:
        return True
    return False


@pytest.mark.parametrize("name", GOOD)
def test_what_prometheus_takes_is_taken(name):
    parse(GOOD[name], compat=Compat.PROMETHEUS_2)


@pytest.mark.parametrize("name", BAD)
def test_what_prometheus_refuses_is_refused_with_a_line_and_a_text(name):
    found = mistakes(BAD[name], compat=Compat.PROMETHEUS_2)
    assert all(mistake.file == "r.yml" and mistake.line >= 1 and mistake.text for mistake in found)
    assert max(mistake.line for mistake in found) <= BAD[name].count("\n") + 1


@pytest.mark.needs("promtool")
def test_promtool_gives_the_same_verdict_on_every_file_of_the_corpus(tmp_path):
    corpus = {f"{number}.yml": text for number, text in enumerate((GOOD | BAD).values())}
    for name, text in corpus.items():
        (tmp_path / name).write_bytes(text.encode())
    ours = {name for name, text in corpus.items() if not refuses(text)}
    assert ours == promtool.taken(tmp_path)


def test_all_that_is_written_is_read():
    [group] = parse(
        "groups:\n- {name: g, interval: 1m, query_offset: 30s, limit: 7, labels: {team: a, tier: x}, rules: [\n"
        "  {alert: A, expr: up == 0, for: 5m, keep_firing_for: 1m, labels: {tier: 'y {{ $value }}'},"
        " annotations: {s: t}},\n"
        "  {record: r, expr: sum(up), labels: {tier: z}}]}\n"
    )
    assert (group.name, group.interval_ms, group.offset_ms, group.limit) == ("g", 60_000, 30_000, 7)
    first, second = group.rules
    assert isinstance(first, AlertRule)
    assert (first.name, first.text, first.for_ms, first.keep_firing_ms) == ("A", "up == 0", 300_000, 60_000)
    assert [(name, template.source) for name, template in first.labels] == [("team", "a"), ("tier", "y {{ $value }}")]
    assert [(name, template.source) for name, template in first.annotations] == [("s", "t")]
    assert isinstance(second, RecordRule)
    assert (second.name, second.text, second.labels) == ("r", "sum(up)", (("team", "a"), ("tier", "z")))
    assert (first.line, second.line) == (3, 4)


def test_scalars_stay_what_was_written():
    [group] = parse(alert("labels: {a: on, b: off, c: 12:30, d: 010, e: 1.0, f: no}"))
    texts = {name: template.source for name, template in group.rules[0].labels}
    assert texts == {"a": "on", "b": "off", "c": "12:30", "d": "010", "e": "1.0", "f": "no"}


def test_merged_keys_yield_to_written_ones():
    [group] = parse(GOOD["merge keys"])
    assert [(rule.name, rule.text) for rule in group.rules] == [("A", "up"), ("B", "up")]


def test_every_mistake_of_a_file_is_told_at_once_with_its_line():
    found = mistakes(
        "groups:\n- name: g\n  every: 5s\n  rules:\n  - alert: A\n    expr: up ==\n    for: 5 m\n"
        "    labels: {__name__: x}\n    annotations:\n      a: '{{ nope }}'\n"
    )
    assert [mistake.line for mistake in found] == [3, 6, 7, 8, 10]
    assert "write one of name, interval, query_offset, limit, labels, rules" in found[0].text
    assert found[2].text.startswith("for: '5 m' is not a duration: write")
    assert 'function "nope" not defined' in found[4].text


def test_mistakes_of_all_files_are_told_at_once_and_nothing_is_loaded(tmp_path):
    (tmp_path / "a.yml").write_text(one("- expr: up"))
    (tmp_path / "b.yml").write_bytes(b"groups: \xff")
    (tmp_path / "c.yml").write_text(GOOD["alert"])
    with pytest.raises(RuleFileError) as caught:
        load([tmp_path / name for name in ("a.yml", "b.yml", "c.yml", "missing.yml")])
    assert [Path(mistake.file).name for mistake in caught.value.mistakes] == ["a.yml", "b.yml", "missing.yml"]
    assert f"{tmp_path / 'a.yml'}:4: " in str(caught.value)


def test_groups_of_several_files_come_in_order_and_a_file_named_twice_counts_once(tmp_path):
    for name in ("b", "a"):
        (tmp_path / f"{name}.yml").write_text(f"groups:\n- {{name: of-{name}, rules: []}}\n")
    paths = [tmp_path / "b.yml", tmp_path / "a.yml", tmp_path / "b.yml"]
    assert [group.name for group in load(paths)] == ["of-b", "of-a"]


def test_prometheus_3_takes_any_name_and_prometheus_2_only_classic_ones():
    text = one("- {record: 'a.b', expr: up, labels: {c-d: e}}")
    assert parse(text)[0].rules[0].name == "a.b"
    assert len(mistakes(text, compat=Compat.PROMETHEUS_2)) == 2


def test_the_same_rule_twice_is_taken_and_told():
    groups = parse(
        one("- {alert: A, expr: up}", "- {alert: A, expr: up == 0}", "- {alert: A, expr: up, labels: {a: b}}")
    )
    assert repeated(groups) == (
        Mistake("rules.yml", 5, "A with the same labels is already in line 4: give one of them a label, or remove it"),
    )


@given(st.text(alphabet="groupsnamel:-[]{}&*!|>'\"%@`, \n\t#?<~0", max_size=60))
def test_any_text_is_read_or_refused_with_mistakes(text):
    refuses(text)
    refuses(f"groups:\n- name: g\n  rules:\n  - alert: A\n    expr: 1\n    labels: {text}")


@pytest.mark.parametrize("name", GOOD | BAD)
def test_both_readers_of_yaml_agree_on_what_is_yaml(name):
    verdicts = set()
    for reader in LOADERS:
        notes = Notes("r.yml")
        node = compose((GOOD | BAD)[name], notes, reader)
        verdicts.add((node is None, bool(notes.mistakes)))
    assert len(verdicts) == 1


def test_a_file_that_is_not_yaml_is_refused_at_the_line():
    [mistake] = mistakes("groups:\n- name: g\n  rules: [\n")
    assert mistake.line in {3, 4}
    assert mistake.text.startswith("this is not YAML: ")
    [mistake] = mistakes("groups:\n- name: \x00\n")
    assert mistake.text.startswith("this is not YAML: ")


def test_rules_with_the_same_text_share_one_query_and_one_template():
    rule = {"alert": "A", "expr": "up == 0", "annotations": {"a": "{{ $value }}"}}
    [group] = parse(json.dumps({"groups": [{"name": "g", "rules": [rule, {**rule, "alert": "B"}]}]}))
    first, second = group.rules
    assert first.query is second.query
    assert first.annotations[0][1] is second.annotations[0][1]


@pytest.mark.parametrize("content", ["groups: []", "groups: {", "groups: [{name: g, rules: [{record: r, expr: x +}]}]"])
def test_loading_leaves_pythons_look_for_garbage_as_it_was(content):
    for looks in (False, True):
        (gc.enable if looks else gc.disable)()
        with contextlib.suppress(RuleFileError):
            parse(content)
        assert gc.isenabled() is looks
