"""The rules in force, and what their windows may take."""

import pytest

from medic.app.rulebook import files_of, living, load_groups
from medic.app.settings import ConfigError, load
from medic.core.clock import from_ms
from medic.core.samples import Family, Kind, Sample, Snapshot, labels
from rules.defaults import defaults
from rules.series import Series
from tests.rules.corpus import one


def configured(tmp_path, *rules, keys="defaults: false"):
    (tmp_path / "mine.yml").write_text(one(*rules))
    (tmp_path / "medic.yml").write_text(f"rules: {{files: [mine.yml], {keys}}}\n")
    return load(tmp_path / "medic.yml", state=tmp_path / "state")


def test_the_shipped_files_come_before_the_owners(tmp_path):
    settings = configured(tmp_path, "- {alert: A, expr: x}", keys="defaults: true")
    assert files_of(settings) == [*defaults(), tmp_path / "mine.yml"]
    assert [group.file for group in load_groups(settings)][-1] == str(tmp_path / "mine.yml")


def test_windows_that_fit_with_what_is_measured_are_loaded_and_others_refused_with_the_arithmetic(tmp_path):
    settings = configured(tmp_path, "- {alert: A, expr: 'rate(x[30d]) > 1'}")
    assert len(load_groups(settings)) == 1
    assert len(load_groups(settings, {"x": 100})) == 1
    with pytest.raises(ConfigError) as caught:
        load_groups(settings, {"x": 200})
    [mistake] = caught.value.mistakes
    assert (mistake.file, mistake.line, mistake.path) == (str(tmp_path / "mine.yml"), 4, "A")
    assert mistake.text.startswith("x: 30d / 15s = 172,800 samples x 200 series x 9 bytes = 296.6 MiB; all series")
    assert "or raise `rules.memory`" in mistake.text


def test_the_budget_is_configured(tmp_path):
    settings = configured(tmp_path, "- {alert: A, expr: 'rate(x[30d]) > 1'}", keys="defaults: false, memory: 1GiB")
    assert len(load_groups(settings, {"x": 200})) == 1


def test_mistakes_of_rule_files_are_mistakes_of_the_configuration(tmp_path):
    with pytest.raises(ConfigError, match=r"mine\.yml:4: a rule is either an alert or a record"):
        load_groups(configured(tmp_path, "- {expr: x}"))


def test_the_shipped_rules_fit_into_the_default_budget(tmp_path):
    settings = configured(tmp_path, "- {alert: A, expr: x}", keys="defaults: true")
    names = {name for group in load_groups(settings) for rule in group.rules for name in rule.query.names}
    assert load_groups(settings, dict.fromkeys(names, 50))


def test_living_series_are_counted_by_their_metric():
    series = Series()
    rows = [Sample("x", labels(a=each), 1.0) for each in "abc"] + [Sample("y", (), 2.0)]
    series.append(Snapshot(15_000, [Family("all", Kind.UNTYPED, "", rows)]))
    assert living(series, from_ms(15_000)) == {"x": 3, "y": 1}
    assert living(Series(), from_ms(15_000)) == {}
