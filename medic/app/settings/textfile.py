"""The section ``collectors.textfile``: where cron jobs and scripts publish."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from medic.app.settings.paths import Folder
from medic.app.settings.switches import Switches


def _read_list(value: object) -> object:
    """Take a single folder for a list of it."""
    return [value] if isinstance(value, str | Path) else value


class TextfileCollector(Switches):
    """``collectors.textfile``."""

    directory: Annotated[tuple[Folder, ...], BeforeValidator(_read_list)] = Field(default=())
    """Folders of ``*.prom`` files, and patterns of folders, as ``--collector.textfile.directory`` of node_exporter."""
