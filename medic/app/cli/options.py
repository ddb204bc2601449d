"""What commands have in common: where configuration and state lie, dry run, and JSON."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

if TYPE_CHECKING:
    from medic.app.api import Daemon
    from medic.app.settings import HostPort, Settings
    from medic.app.settings.web import Orders
    from medic.app.state import State

P = ParamSpec("P")
R = TypeVar("R")

NOT_WELL = 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command was told to look."""

    config: Path | None
    state: Path | None

    def settings(self, *, people: bool = False, orders: Orders | None = None) -> Settings:
        """Load the configuration, for whoever notifies *people* with their URLs checked; raises ConfigError."""
        from medic.app.settings import load
        from medic.app.settings.web import NO_ORDERS

        return load(self.config, state=self.state, people=people, orders=orders or NO_ORDERS)

    def folder(self) -> State:
        """Find the state folder; whatever else is wrong with the configuration is no hindrance."""
        from medic.app.places import find_state
        from medic.app.state import State

        return State(self.named_state() or find_state(self.config, os.environ) or self.settings().state)

    def named_state(self) -> Path | None:
        """Return the state folder that ``--state`` or ``$MEDIC_STATE`` names."""
        named = self.state or _path(os.environ.get("MEDIC_STATE"))
        return named.absolute() if named else None

    def daemon(self) -> Daemon:
        """Find the running daemon; raises NotRunningError."""
        from medic.app.api import connect

        return connect(self.folder())


def placed(command: Callable[Concatenate[Place, P], R]) -> Callable[P, R]:
    """Give a command ``--config`` and ``--state``, and hand it the place as its first argument."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        place = Place(_path(kwargs.pop("config", None)), _path(kwargs.pop("state", None)))
        return command(place, *args, **kwargs)

    config = click.option(
        "--config",
        metavar="FILE",
        help="The configuration file.  [default: $MEDIC_CONFIG, ./medic.yml, then ~/.config/medic, /etc/medic]",
    )
    state = click.option(
        "--state", metavar="FOLDER", help="The state folder.  [default: $MEDIC_STATE, or what the file says]"
    )
    return config(state(wrapper))


def web_options(command: Callable[Concatenate[Place, Orders, P], R]) -> Callable[Concatenate[Place, P], R]:
    """Give a command the options by which exporters are told how to serve, and hand it them as its second argument."""

    @functools.wraps(command)
    def wrapper(place: Place, /, *args: P.args, **kwargs: P.kwargs) -> R:
        from medic.app.settings.web import Orders

        listen, most = _address(kwargs.pop("web_listen_address", None)), kwargs.pop("web_max_requests", None)
        file = _path(kwargs.pop("web_config_file", None))
        orders = Orders(listen, file.absolute() if file else None, most if isinstance(most, int) else None)
        return command(place, orders, *args, **kwargs)

    listen = click.option(
        "--web.listen-address", "web_listen_address", metavar="ADDRESS", help="Listen there, such as on :10119."
    )
    file = click.option(
        "--web.config.file",
        "web_config_file",
        metavar="FILE",
        help="TLS, users and headers, in the format of Prometheus' exporters.",
    )
    most = click.option(
        "--web.max-requests",
        "web_max_requests",
        metavar="N",
        type=click.IntRange(0),
        help="Scrapes at once; 0 is no limit.  [default: 40]",
    )
    return listen(file(most(wrapper)))


def _address(value: object) -> HostPort | None:
    """Read where to listen; without a host everywhere, as exporters understand it."""
    from medic.app.settings.kinds import parse_host_port
    from medic.app.settings.sections import WrongValueError

    if not isinstance(value, str):
        return None
    try:
        return parse_host_port(f"0.0.0.0{value}" if value.startswith(":") else value)
    except WrongValueError as error:
        raise click.BadParameter(f"{value!r} {error}", param_hint="--web.listen-address") from None


def _path(value: object) -> Path | None:
    return Path(str(value)) if value else None


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
dry_run = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")


class Span(click.ParamType[timedelta]):
    """A duration on the command line, as the configuration writes it."""

    name = "duration"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> timedelta:
        """Read it; ends the command with advice when it is none, or nothing."""
        from medic.app.settings.kinds import parse_duration
        from medic.app.settings.sections import WrongValueError

        try:
            span = value if isinstance(value, timedelta) else parse_duration(value)
        except WrongValueError as error:
            self.fail(f"{value!r} {error}", param, ctx)
        if span <= timedelta(0):
            self.fail(f"{value!r} is no time at all; write 30m", param, ctx)
        return span
