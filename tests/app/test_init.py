import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from medic.app.cli import main
from medic.app.settings import load
from tests import parts

EXAMPLES = Path(__file__).parents[2] / "examples"
WRITTEN = [
    "alertmanager.yml",
    "grafana/dashboards/medic-overview.json",
    "grafana/provisioning/dashboards/medic.yml",
    "grafana/provisioning/datasources/medic.yml",
    "medic.yml",
    "prometheus.yml",
    "rules/example.yml",
]


def medic(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def folder(tmp_path):
    assert medic("init", tmp_path / "host").exit_code == 0
    return tmp_path / "host"


def test_what_is_written_passes_the_check(folder):
    assert files(folder) == WRITTEN
    result = medic("config", "check", "--config", folder / "medic.yml")
    assert result.exit_code == 0, result.output
    assert "1 queue, 1 pool, 1 remedy, " in result.output


@pytest.mark.needs("promtool", "amtool")
def test_prometheus_and_alertmanager_accept_what_is_written(folder):
    for command in (("promtool", "check", "config", "prometheus.yml"), ("amtool", "check-config", "alertmanager.yml")):
        argv = [parts.find(command[0]), *command[1:]]
        result = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=30, check=False)
        assert result.returncode == 0, result.stdout + result.stderr


def uncommented(text):
    """Take the comment signs off the keys that are shown, and off nothing else."""
    return re.sub(r"(?m)^( *)# ((- |  )*[{a-z_]+:( |$))", r"\1\2", text)


def test_every_key_that_is_shown_in_a_comment_is_one_that_medic_knows(folder, monkeypatch):
    monkeypatch.setenv("API_KEY", "x")
    shown = folder / "shown.yml"
    shown.write_text(uncommented((folder / "medic.yml").read_text()))
    (folder / "slack.url").write_text("slack://token")
    found = load(shown)
    assert {job.name for job in found.jobs} == {"nightly-etl", "cleanup"}
    assert [queue.name for queue in found.queues] == ["default", "other", "mail"]
    assert len(found.remedies) == 2
    assert found.targets.units == ("nginx.service",)
    assert found.workers[0].environment == {"API_KEY": "x"}
    assert found.notify[0].url.get_secret_value() == "slack://token"


def test_nothing_is_overwritten_without_force(folder):
    (folder / "medic.yml").write_text("mine")
    (folder / "prometheus.yml").unlink()
    result = medic("init", folder)
    assert result.exit_code == 1
    assert "has alertmanager.yml" in result.output
    assert "--force" in result.output
    assert (folder / "medic.yml").read_text() == "mine"
    assert not (folder / "prometheus.yml").exists()
    assert medic("init", folder, "--force").exit_code == 0
    assert (folder / "medic.yml").read_text() != "mine"


def test_a_dry_run_says_the_files_and_writes_none(tmp_path):
    result = medic("init", tmp_path / "host", "--dry-run")
    assert result.output.splitlines() == [f"would write {tmp_path}/host/{name}" for name in WRITTEN]
    assert not (tmp_path / "host").exists()


def test_a_state_folder_that_was_named_stands_in_the_configuration_and_in_alertmanagers(tmp_path):
    medic("init", tmp_path / "host", "--state", tmp_path / "a: #state")
    state = tmp_path / "a: #state"
    assert load(tmp_path / "host" / "medic.yml", variables={}).state == state
    (receiver,) = yaml.safe_load((tmp_path / "host" / "alertmanager.yml").read_text())["receivers"]
    credentials = receiver["webhook_configs"][0]["http_config"]["authorization"]["credentials_file"]
    assert credentials == str(state / "token")


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    result = medic("init", tmp_path / "file" / "below")
    assert result.exit_code == 1
    assert "cannot write" in result.output
    assert "name another folder" in result.output


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*/medic.yml")), ids=lambda file: file.parent.name)
def test_every_example_passes_the_check(file):
    result = medic("config", "check", "--config", file)
    assert result.exit_code == 0, result.output


@pytest.mark.needs("promtool")
@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*/prometheus.yml")), ids=lambda file: file.parent.name)
def test_prometheus_takes_every_example_and_it_asks_for_collectors_that_there_are(file, tmp_path):
    argv = [parts.find("promtool"), "check", "config", str(file)]
    result = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    assert result.returncode == 0, os.linesep.join((result.stdout, result.stderr))
    jobs = yaml.safe_load(file.read_text())["scrape_configs"]
    asked = {name: {} for job in jobs for names in job.get("params", {}).values() for name in names}
    (config := tmp_path / "medic.yml").write_text(yaml.safe_dump({"collectors": asked}))
    assert load(config, variables={})


@pytest.mark.needs("promtool")
def test_promtool_accepts_the_rules_of_the_quickstart():
    rules = EXAMPLES / "quickstart" / "rules"
    argv = [parts.find("promtool"), "check", "rules", *map(str, rules.glob("*.yml"))]
    result = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    assert result.returncode == 0, os.linesep.join((result.stdout, result.stderr))
