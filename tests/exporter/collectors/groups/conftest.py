import pytest

from tests.exporter.collectors.groups.watched import Watched


@pytest.fixture
def watched(tmp_path):
    def watch(*groups, **more):
        return Watched(tmp_path, *groups, **more)

    return watch
