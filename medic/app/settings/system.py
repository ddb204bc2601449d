"""The section ``collectors.system``: where the files of the host are, and whether what they say is shown."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from medic.app.settings.paths import Folder
from medic.app.settings.sections import AfterValidator, WrongValueError
from medic.app.settings.switches import Switches


def _exists(folder: Path) -> Path:
    if not folder.is_dir():
        raise WrongValueError(
            "is not a folder", "mount the host's there, such as -v /:/host:ro,rslave, or remove this key"
        )
    return folder


Existing = Annotated[Folder, AfterValidator(_exists)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemCollector(Switches):
    """``collectors.system``; the paths are for containers, in which the host's are mounted elsewhere."""

    proc: Existing = Path("/proc")
    sys: Existing = Path("/sys")
    root: Existing = Path("/")
