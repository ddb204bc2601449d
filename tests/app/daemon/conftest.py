"""Real daemons: each test has a state folder of its own, and whatever it started is swept up by its pid."""

import pytest

from tests.app.daemon.scene import configuration
from tests.harness import Medic, reserved_port


@pytest.fixture
def medic(tmp_path):
    """A pool of two light workers, measured five times a second; started by the test."""
    with Medic(tmp_path / "medic", configuration()) as house:
        yield house


@pytest.fixture
def port():
    with reserved_port() as number:
        yield number
