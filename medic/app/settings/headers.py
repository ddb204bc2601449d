"""Headers of requests, as a configuration gives them: values are secret."""

from typing import Annotated

from medic.app.settings.sections import AfterValidator, SecretStr, WrongValueError

TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
"""What the name of a header may hold (RFC 9110, section 5.6.2)."""
PRINTABLE = range(0x20, 0x100)


def check_headers(headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
    """Refuse what cannot stand in a request; values are not repeated."""
    for name, value in headers.items():
        if not name or not TOKEN.issuperset(name):
            raise WrongValueError(f"holds {name!r}, which is no header", "use letters, digits and -, as X-Api-Key")
        if not all(ord(char) in PRINTABLE for char in value.get_secret_value()):
            raise WrongValueError(f"holds {name} with a value of several lines or letters", "write one line of Latin-1")
    return headers


Headers = Annotated[dict[str, SecretStr], AfterValidator(check_headers)]
