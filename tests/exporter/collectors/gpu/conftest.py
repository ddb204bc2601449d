import shutil

import pytest

from tests.exporter.collectors.gpu.host import NAME, Host, Orders, build


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nvml")
    build(folder)
    return folder / NAME


@pytest.fixture
def host(library, tmp_path):
    shutil.copy(library, tmp_path)
    made = Host(tmp_path)
    yield made
    made.close()


@pytest.fixture
def orders(library, tmp_path):
    shutil.copy(library, tmp_path)
    return Orders(tmp_path)
