"""The wheel as a user gets it: built, installed into an environment of its own, and run from another folder."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import medic
from tests.harness import Medic, reserved_port, until

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("exporter", "rules", "healer", "workers", "rhythm", "medic", "grafana")


def run(*argv, cwd, **env):
    """Run a program with a bare environment and return what it says; fails with its words when it fails."""
    done = subprocess.run(
        [str(word) for word in argv],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "HOME": str(cwd), "LANG": "C.UTF-8", **env},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, f"{argv}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Install the wheel into a fresh environment that borrows the packages it depends on, and return its ``bin``."""
    home = tmp_path_factory.mktemp("installed") / "env"
    venv.create(home, with_pip=False, symlinks=True)
    pip = (sys.executable, "-m", "pip", "--python", home / "bin" / "python", "--disable-pip-version-check")
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=home)
    (site,) = home.glob("lib/python*/site-packages")
    # A folder that a .pth names is searched last, and its own .pth files (the editable install) are not read.
    (site / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    return home / "bin"


def names(wheel):
    with zipfile.ZipFile(wheel) as content:
        return set(content.namelist())


def test_the_wheel_holds_every_file_of_the_seven_packages_and_nothing_beside_them(wheel):
    found = names(wheel)
    sources = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert sources - found == set()
    extra = {name.partition("/")[0] for name in found} - {*PACKAGES}
    assert extra == {f"hostmedic-{medic.__version__}.dist-info"}


def test_every_package_is_typed_and_every_kind_of_data_is_there(wheel):
    found = names(wheel)
    assert {f"{package}/py.typed" for package in PACKAGES} <= found
    for folder, suffix in (
        ("medic/store/migrations/journal", ".sql"),
        ("medic/store/migrations/history", ".sql"),
        ("medic/store/migrations/queue", ".sql"),
        ("medic/app/web/templates", ".html"),
        ("medic/app/starter", ".yml"),
        ("rules/defaults", ".yml"),
        ("rhythm/reports/templates", ".j2"),
        ("grafana/dashboards", ".json"),
        ("grafana/provisioning/datasources", ".yml"),
    ):
        assert any(name.startswith(f"{folder}/") and name.endswith(suffix) for name in found), (folder, suffix)


def test_what_the_wheel_says_of_itself(wheel):
    with zipfile.ZipFile(wheel) as content:
        place = f"hostmedic-{medic.__version__}.dist-info"
        told = Parser().parsestr(content.read(f"{place}/METADATA").decode())
        scripts = content.read(f"{place}/entry_points.txt").decode()
        assert f"{place}/licenses/LICENSE" in content.namelist()
    assert (told["Name"], told["Version"]) == ("hostmedic", medic.__version__)
    assert (told["License-Expression"], told["Requires-Python"]) == ("Apache-2.0", ">=3.11")
    assert "medic = medic.app.cli:main" in scripts


def test_the_installed_command_says_its_version_and_runs_the_code_of_the_wheel(installed, tmp_path):
    assert run(installed / "medic", "--version", cwd=tmp_path) == f"medic {medic.__version__}\n"
    for package in PACKAGES:
        words = f"import {package}; print({package}.__file__)"
        place = Path(run(installed / "python", "-P", "-c", words, cwd=tmp_path).strip())
        assert place.is_relative_to(installed.parent), package


def test_what_init_writes_is_a_configuration_that_the_installed_medic_accepts(installed, tmp_path):
    run(installed / "medic", "init", "here", cwd=tmp_path)
    told = run(installed / "medic", "config", "check", "--config", "here/medic.yml", cwd=tmp_path)
    assert "well" in told


def test_the_installed_medic_runs_from_another_folder_and_so_do_its_workers(installed, tmp_path):
    with reserved_port() as port:
        config = {
            "listen": "127.0.0.1:0",
            "interval": "200ms",
            "queues": [{"name": "default", "listen": f"127.0.0.1:{port}"}],
            "workers": [{"pool": "rpa", "command": ["medic", "worker", "--queue", "default"], "heartbeat": "30s"}],
            "jobs": [{"name": "canary", "enabled": False}],
        }
        program = (str(installed / "medic"),)
        with Medic(tmp_path / "place", config, program=program) as running:
            running.start()
            assert running.get("/-/ready") == "Medic is Ready.\n"
            submitted = running.command("queue", "submit", "health_check")
            assert submitted.returncode == 0, submitted.stderr
            until(lambda: running.metric('medic_queue_tasks_completed_total{queue="default"}') == 1)
            for pid in running.workers():
                started = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()
                assert Path(started).parent == installed
            assert "<h1" in running.get("/")
            assert running.command("report").returncode == 0
            assert running.end() == 0
