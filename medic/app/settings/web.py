"""The section ``web``: how the web is served; the options ``--web.*`` of ``medic run`` say the same."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from medic.app.settings.kinds import HostPort, Whole
from medic.app.settings.paths import Folder
from medic.app.settings.sections import Bounds, Section

MOST_REQUESTS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Web(Section):
    """``web``."""

    config_file: Folder | None = None
    """TLS, users and headers, in the format of Prometheus' exporters; None is plain HTTP without users."""
    max_requests: Annotated[Whole, Bounds(ge=0, le=MOST_REQUESTS)] = 40
    """Scrapes at once; who comes when so many are under way is to come again. 0 is no limit."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What the command line says of the web, over the file's head; None of what it does not say."""

    listen: HostPort | None = None
    config_file: Path | None = None
    max_requests: int | None = None

    def over(self, web: Web) -> Mapping[str, object]:
        """Return the settings that are other than the file's, of whose section *web* the rest is kept."""
        changed = replace(
            web,
            config_file=self.config_file or web.config_file,
            max_requests=web.max_requests if self.max_requests is None else self.max_requests,
        )
        return {"web": changed} if self.listen is None else {"web": changed, "listen": self.listen}


NO_ORDERS = Orders()
