import json
from pathlib import Path

import pytest

from rules.defaults import defaults
from tests.app.cli.running import medic
from tests.harness import until
from tests.rules.corpus import alert, one

GOOD = alert("labels: {severity: page}").replace("up == 0", "node_load1 > 90")
BAD = one("- {alert: A, expr: 'node_load1 >'}", "- {alert: B, expr: node_load1, for: 5 m}")


@pytest.fixture
def at(idle, monkeypatch):
    """A configuration without a daemon, and its folder as the current one."""
    monkeypatch.chdir(idle.folder)
    return idle


def write(at, name, content):
    path = at.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    return name


def told(at, *arguments):
    result = medic(at, "rules", "check", "--json", *arguments)
    answer = json.loads(result.output)
    assert result.exit_code == (0 if answer["ok"] else 1)
    return answer


def test_a_good_file_is_told_as_promtool_tells_it(at):
    result = medic(at, "rules", "check", write(at, "good.yml", GOOD))
    assert result.exit_code == 0
    assert result.output == "Checking good.yml\n  SUCCESS: 1 rule found\n\n"


def test_every_mistake_of_a_bad_file_is_told_with_its_line_and_the_exit_code_is_1(at):
    good, bad = write(at, "good.yml", GOOD), write(at, "bad.yml", BAD)
    result = medic(at, "rules", "check", good, bad)
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[3:5] == ["Checking bad.yml", "  FAILED:"]
    assert [line.split(": ")[0] for line in lines[5:7]] == ["  bad.yml:4", "  bad.yml:5"]
    assert "'5 m' is not a duration: write a number with" in lines[6]


def test_warnings_stand_below_the_verdict_and_leave_the_exit_code_0(at):
    name = write(at, "r.yml", one("- {alert: A, expr: node_lod1 > 1, for: 50ms}"))
    result = medic(at, "rules", "check", name)
    assert result.exit_code == 0
    unknown, short = result.output.splitlines()[2:4]
    assert result.output.startswith("Checking r.yml\n  SUCCESS: 1 rule found\n")
    assert unknown.startswith("  r.yml:4: warning: A: no metric node_lod1 is exported or recorded here: did you mean")
    assert unknown.endswith(" node_load1? [unknown-metric]")
    assert short.startswith("  r.yml:4: warning: A: `for: 50ms` is shorter than the 200ms between two evaluations")
    assert short.endswith(" [short-for]")


def test_json_tells_files_errors_and_warnings(at):
    bad = write(at, "bad.yml", BAD)
    doubtful = write(at, "doubtful.yml", one("- {alert: A, expr: absent(node_load1)}"))
    answer = told(at, bad, doubtful)
    assert answer["ok"] is False
    first, second = answer["files"]
    assert (first["file"], first["rules"], first["warnings"]) == ("bad.yml", 0, [])
    assert [each["line"] for each in first["errors"]] == [4, 5]
    assert all(each["message"] for each in first["errors"])
    assert (second["file"], second["rules"], second["errors"]) == ("doubtful.yml", 1, [])
    [warning] = second["warnings"]
    assert (warning["line"], warning["rule"], warning["kind"]) == (4, "A", "absent-without-labels")
    assert warning["message"].startswith("absent(node_load1) gives an alert without labels")


def test_a_rule_twice_is_an_error_as_promtool_has_it(at):
    name = write(at, "twice.yml", one("- {record: 'a:b', expr: node_load1}", "- {record: 'a:b', expr: node_load5}"))
    [file] = told(at, name)["files"]
    assert file["rules"] == 2
    assert [each["line"] for each in file["errors"]] == [5]
    assert "already in line 4" in file["errors"][0]["message"]


def test_without_files_those_of_the_configuration_are_checked_the_shipped_ones_first(at):
    write(at, "rules/mine.yml", GOOD)
    at.config["rules"] = {"files": ["rules/*.yml"]}
    at.write()
    answer = told(at)
    names = [file["file"] for file in answer["files"]]
    assert names == [*map(str, defaults()), str(at.folder / "rules/mine.yml")]
    assert answer["ok"]
    assert [file["warnings"] for file in answer["files"]] == [[]] * len(names)


def test_a_bad_file_of_the_configuration_is_told_like_any_other(at):
    write(at, "mine.yml", BAD)
    at.config["rules"] = {"files": ["mine.yml"], "defaults": False}
    at.write()
    [file] = told(at)["files"]
    assert [each["line"] for each in file["errors"]] == [4, 5]


def test_a_pattern_is_read_and_a_file_named_twice_is_checked_once(at):
    write(at, "rules/a.yml", GOOD)
    write(at, "rules/b.yml", GOOD)
    answer = told(at, str(at.folder / "rules/b.yml"), "rules/*.yml", "rules/a.yml")
    assert [file["file"] for file in answer["files"]] == ["rules/b.yml", "rules/a.yml"]


def test_a_rule_may_read_what_the_rules_in_force_record(at):
    write(at, "mine.yml", one("- {record: 'load:per_cpu', expr: node_load1}"))
    at.config["rules"] = {"files": ["mine.yml"]}
    at.write()
    name = write(at, "new.yml", one("- {alert: A, expr: 'load:per_cpu > 4 or laod:per_cpu > 5'}"))
    [file] = told(at, name)["files"]
    assert [each["message"] for each in file["warnings"]] == [
        "no metric laod:per_cpu is exported or recorded here: did you mean load:per_cpu?"
    ]


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("missing.yml", "missing.yml does not exist; name rule files"),
        ("nothing-*.yml", "nothing-*.yml matches no file; correct it"),
        (".", ". is a folder; name rule files"),
        ("**.yml", "**.yml is not a pattern of paths; write it as rules/*.yml"),
        ("x" * 5000, "is not a pattern of paths"),
        ("/dev/zero", "/dev/zero is no file; name rule files"),
    ],
)
def test_a_file_that_is_not_there_is_wrong_use(at, argument, words):
    result = medic(at, "rules", "check", argument)
    assert result.exit_code == 2
    assert words in result.output


def test_a_broken_configuration_is_wrong_use(at):
    at.file.write_text("intervall: 5s\n")
    result = medic(at, "rules", "check", write(at, "good.yml", GOOD))
    assert result.exit_code == 2
    assert "medic.yml:1" in result.output


def test_names_of_prometheus_3_are_refused_for_prometheus_2(at):
    name = write(at, "r.yml", one("- {record: 'a.b', expr: node_load1}"))
    assert medic(at, "rules", "check", name).exit_code == 0
    assert medic(at, "rules", "check", name, "--compat", "prometheus-2").exit_code == 1
    at.config["rules"] = {"compat": "prometheus-2"}
    at.write()
    assert medic(at, "rules", "check", name).exit_code == 1
    assert medic(at, "rules", "check", name, "--compat", "prometheus-3").exit_code == 0


def test_a_window_that_needs_more_than_rules_memory_is_told_with_the_arithmetic(at):
    at.config["rules"] = {"memory": "1MiB"}
    at.write()
    [file] = told(at, write(at, "r.yml", one("- {alert: A, expr: 'rate(node_context_switches_total[1y]) > 1'}")))[
        "files"
    ]
    [warning] = file["warnings"]
    assert warning["kind"] == "memory"
    assert "1y / 200ms = 157,680,000 samples x 1 series x 9 bytes = 1.322 GiB" in warning["message"]
    assert "of the 1 MiB of `rules.memory`" in warning["message"]


def test_a_configuration_whose_rules_need_more_than_rules_memory_is_refused_where_it_is_loaded(at):
    write(at, "mine.yml", one("- {alert: A, expr: 'rate(node_context_switches_total[1y]) > 1'}"))
    at.config["rules"] = {"files": ["mine.yml"]}
    at.write()
    result = medic(at, "config", "check")
    assert result.exit_code == 2
    assert f"{at.folder / 'mine.yml'}:4: A: node_context_switches_total: 1y / 200ms" in result.output


def test_a_running_daemon_is_asked_for_what_it_measures(daemon):
    name = "medic_worker_up"
    until(lambda: f"\n{name}{{" in daemon.get("/metrics"), what="the workers' metrics")
    path = Path(daemon.folder, "asked.yml")
    path.write_text(one(f"- {{alert: A, expr: 'max_over_time({name}[1y]) > 9'}}"))
    answer = told(daemon, str(path))
    assert answer["ok"]
    [warning] = answer["files"][0]["warnings"]
    assert "157,680,000 samples x 3 series" in warning["message"]
