"""The section ``alertmanagers``: where Medic's own alerts go."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from medic.app.settings.kinds import HttpUrl, Span, parse_http_url
from medic.app.settings.sections import BeforeValidator, SecretStr, Section, WrongValueError

ADVICE = "write it as http://127.0.0.1:9093, with the path under which it is served if there is one"


def parse_base(value: object) -> str:
    """Read the address of an Alertmanager: without the path of its API, which is added."""
    try:
        url = parse_http_url(value)
    except WrongValueError as error:
        raise WrongValueError(error.text, ADVICE) from None
    if "?" in url or "#" in url:
        raise WrongValueError("has a query, which an Alertmanager's address cannot have", ADVICE)
    if "/api/v" in url:
        raise WrongValueError("names a path of its API", f"end it before /api/: {ADVICE}")
    return url.rstrip("/")


def without_user(url: str) -> str:
    """Return an address without the user and the password that it may hold."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alertmanager(Section):
    """One of ``alertmanagers``; its address alone is enough."""

    url: Annotated[HttpUrl, BeforeValidator(parse_base)] = field(repr=False)
    """May hold user and password."""
    token: SecretStr | None = None
    """Sent as ``Authorization: Bearer``."""
    timeout: Span = timedelta(seconds=10)

    def __post_init__(self) -> None:
        """Refuse two ways to say who asks."""
        if self.token is not None and "@" in urlsplit(self.url).netloc:
            raise WrongValueError("has a user in its address beside a token", "keep one of the two")


def _read(value: object) -> object:
    """Take an address alone for a mapping with it; a wrong one is told at its own place."""
    return {"url": parse_base(value)} if isinstance(value, str) else value


Peer = Annotated[Alertmanager, BeforeValidator(_read)]
