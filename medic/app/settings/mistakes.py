"""What is wrong with a configuration: each mistake with its file, its line, and what to write instead."""

from dataclasses import dataclass

from medic.core.errors import MisuseError

Path = tuple[str | int, ...]
"""Where a value stands: keys and positions from the root, ``("workers", 0, "count")``."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at a path, before it is known which file and line that is."""

    path: Path
    text: str
    advice: str
    """What to write instead; empty where the text says it already."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong in a file, as the operator reads it."""

    file: str
    line: int | None
    """Counted from 1; None when the whole file is meant."""
    path: str
    """As people write it: ``workers[0].count``; empty for the root."""
    text: str
    advice: str

    def __str__(self) -> str:
        """Write it on one line: ``medic.yml:12: workers[0].cuont: unknown key; did you mean count?``."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        words = "; ".join(part for part in (self.text, self.advice) if part)
        line = ": ".join(part for part in (place, self.path, words) if part)
        return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line)


class ConfigError(MisuseError):
    """The configuration is refused; ``mistakes`` holds every one, in the order of their lines."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        """Keep *mistakes*, of which there is at least one."""
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


def write_path(path: Path) -> str:
    """Write a path as people do: ``("workers", 0, "count")`` is ``workers[0].count``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")
