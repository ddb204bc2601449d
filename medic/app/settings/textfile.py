"""The section ``collectors.textfile``: where cron jobs and scripts publish."""

from dataclasses import dataclass, field
from typing import Annotated

from medic.app.settings.kinds import ONE_OR_MORE
from medic.app.settings.paths import Folder
from medic.app.settings.switches import Switches


@dataclass(frozen=True, slots=True, kw_only=True)
class TextfileCollector(Switches):
    """``collectors.textfile``."""

    directory: Annotated[tuple[Folder, ...], ONE_OR_MORE] = field(default=())
    """Folders of ``*.prom`` files, and patterns of folders, as ``--collector.textfile.directory`` of node_exporter."""
