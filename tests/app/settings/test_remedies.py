from datetime import timedelta

import pytest

from healer.registry import actions, checked
from healer.settings import ActionSpec
from medic.app import translate
from medic.app.settings import load
from tests.app.settings.reading import wrong

REMEDY = """remedies:
  - name: heal
    match: ['a="b"']
    target: host
    do: {DO}
    verify: {VERIFY}
"""


def text(do, verify="{}"):
    return REMEDY.replace("{DO}", do).replace("{VERIFY}", verify)


@pytest.mark.parametrize(
    ("do", "options"),
    [
        ("{command: {argv: [sh, -c, 'x y']}}", {"argv": ["sh", "-c", "x y"], "timeout": 60.0}),
        (
            "{command: {argv: [a, '{{ labels.x }}'], timeout: 1m30s}}",
            {"argv": ["a", "{{ labels.x }}"], "timeout": 90.0},
        ),
        ("{notify: {}}", {}),
        ("{notify: {title: '{{ labels.x }} is down'}}", {"title": "{{ labels.x }} is down"}),
    ],
)
def test_the_healer_understands_every_action_that_the_file_may_name(tmp_path, do, options):
    file = tmp_path / "medic.yml"
    file.write_text(text(do))
    policy = translate.policy(load(file, variables={}))
    (remedy,) = checked(policy, actions()).remedies
    (name,) = do[1:].split(":")[:1]
    assert remedy.ladder == (ActionSpec(name, options),)


def test_restart_takes_no_options_and_the_healer_agrees(tmp_path):
    file = tmp_path / "medic.yml"
    pool = "workers: [{pool: rpa, command: [x]}]\n"
    file.write_text(pool + text("{restart: {}}").replace("target: host", "target: pool:rpa"))
    (remedy,) = checked(translate.policy(load(file, variables={})), actions()).remedies
    assert remedy.ladder == (ActionSpec("restart"),)
    assert remedy.verify.within == timedelta(minutes=10)


@pytest.mark.parametrize(
    ("do", "verify", "message"),
    [
        (
            "{command: {argv: ['{{ labels.program }}']}}",
            "{}",
            "medic.yml:5: remedies[0].do[0].command.argv[0]: would let an alert choose the program; name it",
        ),
        (
            "{command: {argv: [x], timeout: 2h}}",
            "{}",
            "medic.yml:5: remedies[0].do[0].command.timeout: '2h' is too long; write at most 1h",
        ),
        (
            "{notify: {title: '{{ labels }}'}}",
            "{}",
            "medic.yml:5: remedies[0].do[0].notify.title: ",
        ),
        (
            "{notify: {}}",
            "{expr: 'rate(up)'}",
            "medic.yml:6: remedies[0].verify.expr: 1:1: expected type matrix",
        ),
    ],
)
def test_what_the_healer_could_not_do_is_refused_with_its_line(do, verify, message):
    (found,) = wrong(text(do, verify))
    assert found.startswith(message)


def test_a_matchers_regular_expression_is_re2s_as_alertmanager_has_it(tmp_path):
    file = tmp_path / "medic.yml"
    file.write_text(text("{notify: {}}").replace("""'a="b"'""", """'a=~"[[:alpha:]]+"'"""))
    (remedy,) = translate.policy(load(file, variables={})).remedies
    (matcher,) = remedy.matchers
    assert matcher.holds("abc")
    assert not matcher.holds("abc1")


def test_a_pattern_that_re2_does_not_have_is_refused_with_its_place():
    (mistake,) = wrong(text("{notify: {}}").replace("""'a="b"'""", """'a=~"(?=x)y"'"""))
    assert mistake.startswith("medic.yml:3: remedies[0].match[0]: ")
    assert "is not a regular expression" in mistake
