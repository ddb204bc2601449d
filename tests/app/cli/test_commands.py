import json
import os
import subprocess
import sys

import click
import pytest

from medic import __version__
from medic.app.cli import main
from tests.app.cli.running import medic
from tests.harness import MEDIC


def leaves(command, path=()):
    """Yield every command that does something, with its path."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    with click.Context(command) as context:
        for name in command.list_commands(context):
            yield from leaves(command.get_command(context, name), (*path, name))


LEAVES = {" ".join(path): command for path, command in leaves(main)}
DOING = {"run", "queue serve", "worker"}
"""Commands that are processes: they neither print an answer nor could be tried."""
ASKING = {
    "config check",
    "status",
    "check",
    "explain",
    "heal history",
    "workers list",
    "queue stats",
    "jobs list",
    "jobs history",
    "rules check",
    "rules test",
    "rules eval",
}


def options(command):
    return {option for parameter in command.params for option in parameter.opts if option.startswith("--")}


def test_the_commands_are_those_that_the_design_names():
    expected = """
        run, init, config check, status, check, explain, rules check, rules test, rules eval, heal run, heal history,
        heal reset, heal approve, pause, resume, workers list, workers ensure, workers scale, workers restart,
        workers start, workers stop, queue serve, queue submit, queue stats, worker, jobs list, jobs run, jobs history,
        report, notify test
    """
    assert sorted(LEAVES) == sorted(name.strip() for name in expected.split(","))


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_takes_config_and_state_and_says_what_it_does(name):
    assert {"--config", "--state"} <= options(LEAVES[name])
    assert LEAVES[name].get_short_help_str(limit=60).endswith((".", "!"))
    assert not LEAVES[name].get_short_help_str(limit=60).endswith("..."), "the list of commands would cut it off"


@pytest.mark.parametrize("name", sorted(LEAVES.keys() - ASKING - DOING))
def test_every_command_that_changes_something_can_be_tried(name):
    assert "--dry-run" in options(LEAVES[name])


@pytest.mark.parametrize("name", sorted(LEAVES.keys() - DOING - {"init"}))
def test_every_command_that_prints_can_print_json(name):
    assert "--json" in options(LEAVES[name])


def python(*arguments, **env):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MEDIC_")}
    argv = [sys.executable, *arguments]
    return subprocess.run(argv, env=kept | env, capture_output=True, text=True, timeout=60, check=False)


def test_the_version_is_told():
    result = python("-P", "-m", "medic", "--version")
    assert (result.returncode, result.stdout) == (0, f"medic {__version__}\n")


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("workers", "--help")])
def test_help_and_version_import_nothing_heavy(arguments):
    result = python("-X", "importtime", "-P", "-m", "medic", *arguments)
    assert result.returncode == 0
    imported = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}
    assert "medic.app.cli" in imported
    heavy = {"aiohttp", "rich", "pydantic", "yaml", "asyncio", "sqlite3", "jinja2", "apprise", "prometheus_client"}
    assert not imported & heavy


@pytest.mark.parametrize("content", ["state: remembered", "{}", "state: remembered\nother: {unknown: true}"])
def test_asking_a_daemon_reads_of_the_configuration_only_where_it_is(tmp_path, content):
    file = tmp_path / "medic.yml"
    file.write_text(content)
    result = python("-X", "importtime", "-P", "-m", "medic", "status", "--config", str(file))
    assert result.returncode == 1
    assert "no daemon runs on" in result.stderr
    imported = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}
    assert not imported & {"aiohttp", "rich", "asyncio", "pydantic"}


@pytest.mark.parametrize("arguments", [("status", "-h"), ("heal", "run", "-h"), ("-h",)])
def test_help_has_a_short_name_too(arguments):
    result = python("-P", "-m", "medic", *arguments)
    assert (result.returncode, result.stdout.split()[0]) == (0, "Usage:")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("config", "check", "--config", "none.yml"), 2, "none.yml: does not exist"),
        (("status", "--state", "none"), 1, "no daemon runs on"),
        (("statsu",), 2, "No such command 'statsu'"),
        (("pause", "--for", "30"), 2, "'30' is not a duration; write it as 15s, 1h30m or 90d"),
        (("pause", "--for", "0", "--why", "x"), 2, "'0' is no time at all; write 30m"),
        (("pause", "--for", "5m"), 2, "Missing option '--why'"),
        (("pause", "nonsense", "--for", "5m", "--why", "x"), 2, "'nonsense' is not a target"),
        (("status", "--state", "none", "-x"), 2, "No such option"),
        (("stats",), 2, "Did you mean 'status'?"),
    ],
)
def test_the_exit_code_says_whose_fault_it_is_and_the_message_is_on_stderr(arguments, code, words, tmp_path):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MEDIC_")}
    result = subprocess.run(
        [*MEDIC, *arguments], cwd=tmp_path, env=kept, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == code
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_every_mistake_of_the_configuration_and_of_its_rules_is_told_with_file_and_line(idle):
    (idle.folder / "bad.yml").write_text("groups:\n  - name: a\n    rules:\n      - alert: b\n        expr: 'rate('\n")
    idle.config["rules"] = {"files": ["bad.yml"]}
    idle.write()
    result = medic(idle, "config", "check")
    assert result.exit_code == 2
    assert result.output.startswith(f"{idle.folder}/bad.yml:5: ")
    idle.file.write_text("interval: 15\nlisten: 5\n")
    result = medic(idle, "config", "check")
    assert result.exit_code == 2
    assert [line.partition(": ")[0] for line in result.output.splitlines()] == [f"{idle.file}:1", f"{idle.file}:2"]


@pytest.mark.parametrize("command", [("config", "check"), ("check",), ("run",)])
def test_a_url_that_nobody_can_be_notified_by_is_refused_where_people_are_notified(idle, command):
    idle.file.write_text("notify:\n- url: slack://hunter2\n")
    result = medic(idle, *command)
    assert result.exit_code == 2
    assert result.output.startswith(f"{idle.file}:2: notify[0].url: is no URL that Apprise can read; write ")
    assert "hunter2" not in result.output
    result = medic(idle, "workers", "ensure", "--dry-run")
    assert result.exit_code == 0


def test_the_configuration_in_force_is_printed_as_json(idle):
    result = medic(idle, "config", "check", "--json")
    assert result.exit_code == 0
    shown = json.loads(result.output)
    assert shown["state"] == str(idle.state)
    assert shown["workers"][0]["pool"] == "pair"
    assert shown["healing"] == {"mode": "auto", "rest": "0s"}


def test_a_pause_without_a_daemon_tells_of_the_file_that_stops_healing(idle):
    result = medic(idle, "pause", "--for", "30m", "--why", "x")
    assert result.exit_code == 1
    assert f"create the file {idle.state}/PAUSED" in result.output


def test_a_broken_configuration_is_no_hindrance_where_the_state_folder_is_named(idle):
    idle.file.write_text("interval: 15")
    assert medic(idle, "resume").exit_code == 1
    assert "no daemon runs" in medic(idle, "resume").output


def test_the_check_without_a_daemon_says_whether_one_could_run(idle):
    idle.config["jobs"].append({"name": "lost", "every": "1h", "run": ["no-such-program"]})
    idle.write()
    result = medic(idle, "check")
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[0].startswith("✗ daemon: no daemon runs on")
    assert "✓ state folder: " + str(idle.state) in lines
    assert "✗ job lost: there is no program 'no-such-program'; install it, or write its whole path" in lines
    wrong = [line for line in lines if line.startswith("✗")]
    assert len(wrong) == 2
    assert lines[-1].startswith(f"{len(lines) - 3}/{len(lines) - 1} checks passed")
