"""One house a test."""

import pytest

from tests.app.web.living import open_door


@pytest.fixture
async def door(tmp_path):
    async with open_door(tmp_path) as opened:
        yield opened
