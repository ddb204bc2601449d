import shutil
import subprocess
from importlib import resources
from pathlib import Path

import pytest
import yaml

from tests import parts

FOLDER = Path(str(resources.files("grafana")))


def check(part, *arguments, cwd):
    return subprocess.run(
        [parts.find(part), *arguments], cwd=cwd, capture_output=True, text=True, timeout=30, check=False
    )


@pytest.mark.needs("promtool")
def test_promtool_accepts_the_example_of_prometheus(tmp_path):
    shutil.copy(FOLDER / "prometheus.yml", tmp_path)
    result = check("promtool", "check", "config", "prometheus.yml", cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.needs("amtool")
def test_amtool_accepts_the_example_of_alertmanager(tmp_path):
    result = check("amtool", "check-config", str(FOLDER / "alertmanager.yml"), cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


def test_alertmanager_sends_resolved_alerts_too_and_shows_the_token():
    (receiver,) = yaml.safe_load((FOLDER / "alertmanager.yml").read_text())["receivers"]
    (webhook,) = receiver["webhook_configs"]
    assert webhook["url"].endswith("/api/v1/webhook/alertmanager")
    assert webhook["send_resolved"] is True
    assert webhook["http_config"]["authorization"]["credentials_file"].endswith("/token")
