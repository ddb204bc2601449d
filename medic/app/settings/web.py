"""The section ``web``: how the web is served; the options ``--web.*`` of ``medic run`` say the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from medic.app.settings.kinds import HostPort, Section, Whole
from medic.app.settings.paths import Folder

MOST_REQUESTS = 100_000


class Web(Section):
    """``web``."""

    config_file: Folder | None = None
    """TLS, users and headers, in the format of Prometheus' exporters; None is plain HTTP without users."""
    max_requests: Annotated[Whole, Field(ge=0, le=MOST_REQUESTS)] = 40
    """Scrapes at once; who comes when so many are under way is to come again. 0 is no limit."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What the command line says of the web, over the file's head; None of what it does not say."""

    listen: HostPort | None = None
    config_file: Path | None = None
    max_requests: int | None = None

    def over(self, web: Web) -> Mapping[str, object]:
        """Return the settings that are other than the file's, of whose section *web* the rest is kept."""
        given = {"config_file": self.config_file, "max_requests": self.max_requests}
        changed = web.model_copy(update={name: value for name, value in given.items() if value is not None})
        return {"web": changed} if self.listen is None else {"web": changed, "listen": self.listen}


NO_ORDERS = Orders()
