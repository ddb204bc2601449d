"""From the file to what is in force of it, or to every mistake in it at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from medic.app.settings import yaml
from medic.app.settings.mistakes import ConfigError, Finding, Mistake, write_path
from medic.app.settings.parsing import parse
from medic.app.settings.patterns import value_at
from medic.app.settings.yaml import Document, Tree
from medic.app.web.toolkit import tls
from medic.app.web.toolkit.checking import USERS, check
from medic.app.web.toolkit.tls import Tls, UnusableError
from medic.app.web.toolkit.words import WebConfiguration

ECHOED = 60


@dataclass(frozen=True, slots=True)
class Terms:
    """What the file says, ready for use."""

    tls: Tls | None = None
    """None speaks plain HTTP."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Set on every answer."""
    users: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Hashes by name."""
    files: tuple[Path, ...] = ()
    """The file and those that it names: a change of any of them is a change of the terms."""


def read(file: Path) -> Terms:
    """Read the file and the certificates that it names; raises ConfigError. It may block on a disk."""
    document = yaml.parse(_content(file))
    if document.findings:
        raise ConfigError(_mistakes(document.findings, document, file))
    try:
        words = _words({} if document.tree is None else document.tree, file.parent)
        built = tls.build(words.tls_server_config) if words.tls_server_config.is_on else None
    except UnusableError as error:
        quoted = [_quote(finding, document) for finding in error.findings]
        raise ConfigError(_mistakes(quoted, document, file)) from error
    return Terms(
        tls=built,
        headers={name: value for name, value in words.http_server_config.headers.items() if value},
        users={name: hashed.get_secret_value() for name, hashed in words.basic_auth_users.items()},
        files=(file, *words.tls_server_config.files),
    )


def _words(tree: Tree, folder: Path) -> WebConfiguration:
    """Return what *tree* says; raises UnusableError with every mistake that its words have."""
    words, wrong = parse(WebConfiguration, tree, folder)
    seen = {finding.path for finding in wrong}
    wrong += [finding for finding in check(tree) if finding.path not in seen]
    if wrong or words is None:
        raise UnusableError(*wrong)
    return words


def _quote(finding: Finding, document: Document) -> Finding:
    """Begin with the value that is spoken of; hashes and keys are not repeated."""
    value = value_at(document.tree, finding.path)
    is_secret = finding.path[0:1] == (USERS,) or finding.path[-1:] == ("key",)
    if is_secret or finding.text == "unknown key" or not isinstance(value, str | int | float):
        return finding
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return Finding(finding.path, f"{text[:ECHOED]!r} {finding.text}", finding.advice)


def _mistakes(findings: Iterable[Finding], document: Document, file: Path) -> tuple[Mistake, ...]:
    mistakes = [
        Mistake(str(file), document.line(each.path), write_path(each.path), each.text, each.advice) for each in findings
    ]
    return tuple(sorted(mistakes, key=lambda mistake: (mistake.line or 0, mistake.path)))


def _content(file: Path) -> str:
    try:
        tls.refuse_endless(file)
        with file.open("rb") as stream:
            return stream.read(yaml.MAX_BYTES + 1).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        wrong = Mistake(str(file), None, "", f"is not UTF-8 (byte {error.start})", "save it as UTF-8")
    except OSError as error:
        advice = "name the file of TLS and users at web.config_file, or remove that key"
        wrong = Mistake(str(file), None, "", f"cannot be read ({error.strerror})", advice)
    raise ConfigError((wrong,))
