import json

import pytest
from click.testing import CliRunner

from medic.app.cli import main
from tests.rules.testing.corpus import asks, case, fires

RULES = "groups:\n- {name: g, rules: [{alert: Many, expr: x > 1, annotations: {is: '{{ $value }}'}}]}\n"
WINDOW = asks("x 1+1x9", "count_over_time(x[2m])", "5m", "{} 2").replace("interval: 1m", "interval: 1m\n  name: window")
WRONG = fires("x 2x5", "Many", "1m", "{exp_annotations: {is: '3'}}", files="rules.yml")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "well.yml").write_text(WRONG.replace("'3'", "'2'"))
    (tmp_path / "wrong.yml").write_text(WRONG)
    (tmp_path / "window.yml").write_text(WINDOW)
    (tmp_path / "broken.yml").write_text("tests: [{intervall: 5}]")
    return tmp_path


def rules_test(*arguments, **environment):
    return CliRunner().invoke(
        main, ["rules", "test", *arguments], env={"MEDIC_CONFIG": None, "NO_COLOR": None} | environment
    )


def test_a_file_that_is_as_expected_succeeds(folder):
    told = rules_test("well.yml", "window.yml")
    assert told.exit_code == 0, told.output
    assert told.output == "well.yml: SUCCESS (1 test)\nwindow.yml: SUCCESS (1 test)\n"


def test_a_difference_is_shown_and_fails(folder):
    told = rules_test("well.yml", "wrong.yml")
    assert told.exit_code == 1
    assert told.output.splitlines() == [
        "well.yml: SUCCESS (1 test)",
        "wrong.yml: FAILED (1 test)",
        "  wrong.yml:6: alert Many at 1m: expected (-) and got (+) differ",
        '      {alertname="Many"}',
        '    -     is: "3"',
        '    +     is: "2"',
    ]


def test_a_mistake_in_a_file_is_told_with_its_line(folder):
    told = rules_test("broken.yml")
    assert told.exit_code == 1
    assert "broken.yml:1: a test has no 'intervall': write one of name, interval" in told.output


def test_a_broken_rule_file_is_told_with_its_line(folder):
    (folder / "rules.yml").write_text(RULES.replace("x > 1", "x >"))
    told = rules_test("well.yml")
    assert told.exit_code == 1
    assert f"{folder.name}/rules.yml:2: expr:" in told.output or "rules.yml:2: expr:" in told.output


def test_a_file_that_is_missing_fails(folder):
    told = rules_test("nope.yml")
    assert told.exit_code == 1
    assert "nope.yml:1: cannot be read: No such file or directory" in told.output


def test_no_file_is_wrong_use(folder):
    assert rules_test().exit_code == 2


def test_windows_are_chosen_by_the_option_or_by_the_configuration(folder):
    assert rules_test("window.yml", "--compat", "prometheus-2").exit_code == 1
    (folder / "medic.yml").write_text("rules: {compat: prometheus-2}\n")
    assert rules_test("window.yml").exit_code == 1
    assert rules_test("window.yml", "--compat", "prometheus-3").exit_code == 0
    assert rules_test("window.yml", "--compat", "prometheus-1").exit_code == 2


def test_tests_are_chosen_by_their_names(folder):
    both = case("name: other\npromql_expr_test: [{expr: '1'}]") + WINDOW.partition("tests:\n")[2]
    (folder / "both.yml").write_text(both)
    assert rules_test("both.yml").exit_code == 1
    told = rules_test("both.yml", "--run", "wind", "--run", "nothing")
    assert told.exit_code == 0
    assert "(1 test)" in told.output
    assert rules_test("both.yml", "--run", "(").exit_code == 2


def test_a_rule_file_that_is_missing_is_warned_of(folder):
    (folder / "t.yml").write_text("rule_files: [no*.yml]\n")
    told = rules_test("t.yml")
    assert told.exit_code == 0
    assert "warning: t.yml: no rule file matches 'no*.yml'" in told.output


def test_differences_are_coloured_where_it_was_asked_for(folder):
    red, green = "\x1b[31m- ", "\x1b[32m+ "
    coloured = rules_test("wrong.yml", "--color").output
    assert red in coloured
    assert green in coloured
    assert "\x1b[" not in rules_test("wrong.yml").output
    assert "\x1b[" not in rules_test("wrong.yml", "--no-color").output


def test_json_holds_what_was_expected_and_what_was_got(folder):
    told = rules_test("well.yml", "wrong.yml", "--json")
    assert told.exit_code == 1
    answer = json.loads(told.output)
    assert answer["ok"] is False
    well, wrong = answer["files"]
    assert (well["ok"], well["tests"], well["failures"]) == (True, 1, [])
    (failure,) = wrong["failures"]
    assert failure["about"] == "alert Many at 1m"
    assert failure["expected"] == ['{alertname="Many"}', '    is: "3"']
    assert failure["got"] == ['{alertname="Many"}', '    is: "2"']
