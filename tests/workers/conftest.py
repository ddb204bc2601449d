"""Fixtures of the tests of pools."""

import pytest

from tests.workers.scene import Bell, Exits, swept


@pytest.fixture
def state(tmp_path):
    with swept(tmp_path / "state") as folder:
        yield folder


@pytest.fixture
def bell(tmp_path):
    bell = Bell(tmp_path / "bell")
    yield bell
    bell.close()


@pytest.fixture
def exits():
    return Exits()
