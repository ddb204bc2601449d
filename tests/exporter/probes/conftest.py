"""The services that several tests probe."""

import pytest

from tests.exporter.probes.services import issue, web


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return issue(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def plain():
    with web() as running:
        yield running


@pytest.fixture
def safe(certificate):
    with web(certificate) as running:
        yield running
