"""The section ``alertmanagers``: where Medic's own alerts go."""

from datetime import timedelta
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from medic.app.settings.kinds import HttpUrl, Section, Span, WrongValueError, parse_http_url

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


class Alertmanager(Section):
    """One of ``alertmanagers``; its address alone is enough."""

    url: Annotated[HttpUrl, BeforeValidator(parse_base)] = Field(repr=False)
    """May hold user and password."""
    token: SecretStr | None = None
    """Sent as ``Authorization: Bearer``."""
    timeout: Span = timedelta(seconds=10)

    @model_validator(mode="after")
    def _has_one_secret(self) -> Self:
        if self.token is not None and "@" in urlsplit(self.url).netloc:
            raise WrongValueError("has a user in its address beside a token", "keep one of the two")
        return self


def _read(value: object) -> object:
    """Take an address alone for a mapping with it; a wrong one is told at its own place."""
    return {"url": parse_base(value)} if isinstance(value, str) else value


Peer = Annotated[Alertmanager, BeforeValidator(_read)]
