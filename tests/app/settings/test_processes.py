import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.app.settings.processes import ProcessesCollector, read_pattern
from medic.app.translate import process_groups
from tests.app.settings.reading import good, wrong

BEGIN = "medic.yml:1: collectors.processes"


def processes(text):
    return good(f"collectors: {{processes: {text}}}").configuration.collectors.processes


def refusal(text):
    """Return the one mistake, without its place's beginning."""
    (line,) = wrong(f"collectors: {{processes: {text}}}")
    assert line.startswith(BEGIN)
    return line.removeprefix(BEGIN)


def test_without_a_key_nothing_is_told_of():
    assert processes("{}") == ProcessesCollector()
    wanted = process_groups(ProcessesCollector())
    assert (wanted.groups, wanted.top, wanted.children, wanted.threads, wanted.smaps) == ((), 0, True, False, False)


def test_groups_are_read_as_people_write_them():
    wanted = process_groups(
        processes(
            "{groups: [{name: nginx, match: nginx}, {name: x, cmdline: 'job [0-9]+'}, {name: y, unit: nginx.service}, "
            "{name: z, pidfile: /run/z.pid}], top: 10, children: false, threads: true, smaps: true}"
        )
    )
    nginx, x, y, z = wanted.groups
    assert nginx.match.fullmatch("nginx") is not None
    assert nginx.match.fullmatch("nginx2") is None
    assert x.cmdline[0].search("run job 17", 0) is not None
    assert (y.unit, str(z.pidfile)) == ("nginx.service", "/run/z.pid")
    assert (wanted.top, wanted.children, wanted.threads, wanted.smaps) == (10, False, True, True)


def test_groups_of_process_exporter_are_taken_as_they_are():
    (group,) = process_groups(processes("{groups: [{comm: [bash, sh], exe: [/bin/sh], cmdline: ['-c', 'x']}]}")).groups
    assert (group.name, group.comm, group.exe, len(group.cmdline)) == ("{{.ExeBase}}", ("bash", "sh"), ("/bin/sh",), 2)


def test_a_pid_file_is_relative_to_the_configuration(tmp_path):
    config = good("collectors: {processes: {groups: [{name: z, pidfile: z.pid}]}}", tmp_path).configuration
    assert config.collectors.processes.groups[0].pidfile == tmp_path / "z.pid"


VARIABLES = "write {{.Comm}}, {{.ExeBase}}, {{.ExeFull}} or {{.Matches.NAME}}"
SELECTORS = "add one of match, comm, exe, cmdline, unit, pidfile"
MISTAKES = {
    "{groups: [{name: x}]}": f".groups[0]: says of no process that it belongs to it; {SELECTORS}",
    "{groups: [{name: x, mach: y}]}": ".groups[0].mach: unknown key; did you mean match?",
    "{groups: [{name: other, match: x}]}": (
        ".groups[0].name: 'other' is the name of all that are in no group; choose another name"
    ),
    "{groups: [{name: 'x{{.PID}}', match: x}]}": (
        f".groups[0].name: 'x{{{{.PID}}}}' holds {{{{.PID}}}}, which no name can; {VARIABLES}"
    ),
    "{groups: [{name: 'x{{', match: x}]}": f".groups[0].name: 'x{{{{' holds {{{{, which no name can; {VARIABLES}",
    "{top: -1}": ".top: '-1' is too small; write at least 0",
    "{top: 1000}": ".top: '1000' is too large; write at most 100",
    "{top: many}": ".top: 'many' is not a whole number; write digits alone, such as 3",
    "{threads: 1}": ".threads: '1' is not true or false; write true or false (yes, no, on and off are text)",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes_say_what_to_write_instead(text):
    assert refusal(text) == MISTAKES[text]


@pytest.mark.parametrize("key", ["match", "cmdline"])
@pytest.mark.parametrize("pattern", ["(", "[a", "a{2,1}", "(?<=x)y", r"\1"])
def test_a_pattern_that_re2_does_not_take_is_refused_at_its_line(key, pattern):
    text = f"collectors:\n  processes:\n    groups:\n      - name: x\n        {key}: {json.dumps(pattern)}\n"
    (line,) = wrong(text)
    assert line.startswith("medic.yml:5: collectors.processes.groups[0]." + key)
    assert "is not a regular expression; " in line


@given(st.text(min_size=1, max_size=20))
def test_any_pattern_is_taken_or_refused(text):
    wrong(json.dumps({"collectors": {"processes": {"groups": [{"name": "x", "cmdline": text}]}}}))


def test_a_command_line_cannot_make_a_pattern_take_for_ever():
    assert read_pattern("(a*)*b").search("a" * 4096, 0) is None


def test_two_groups_of_one_name_are_one_group_with_two_ways_into_it():
    assert len(process_groups(processes("{groups: [{name: x, match: a}, {name: x, match: b}]}")).groups) == 2
