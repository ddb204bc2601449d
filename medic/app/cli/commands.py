"""The group of all commands: imports each when it is asked for, and turns errors into messages and exit codes."""

from collections.abc import Mapping
from importlib import import_module
from typing import IO

import click

from medic import __version__
from medic.core.errors import MedicError, MisuseError

WRONG_USE = 2


class Failure(click.ClickException):
    """Ends a command with a message on stderr and exit code 1."""

    def show(self, file: IO[str] | None = None) -> None:
        """Write the message as it is: each of its lines says where, what, and what to do."""
        click.echo(self.message, file=file, err=True)


class Misuse(Failure):
    """Ends a command that was used wrongly, or whose configuration is wrong."""

    exit_code = WRONG_USE


class Commands(click.Group):
    """A group whose commands are imported when they are asked for, so that each starts as fast as it can."""

    def __init__(self, name: str, modules: Mapping[str, str], *, help: str) -> None:  # noqa: A002 - click's word
        """Offer the ``command`` of each of *modules*, under the names and in the order given."""
        version = click.version_option(__version__, message="medic %(version)s")
        asking = {"help_option_names": ["-h", "--help"]}
        super().__init__(name, help=help, no_args_is_help=True, context_settings=asking)
        version(self)
        self.modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names, in their order."""
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import a command; None when there is none of that name."""
        if cmd_name not in self.modules:
            return None
        command = import_module(f"medic.app.cli.{self.modules[cmd_name]}").command
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; for a name that is nearly one, say which."""
        if args[0] not in self.modules and not args[0].startswith("-"):
            from difflib import get_close_matches

            meant = [f" Did you mean {name!r}?" for name in get_close_matches(args[0], self.modules, 1)]
            ctx.fail(f"No such command {args[0]!r}.{''.join(meant)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; an error that was raised on purpose ends it with its message."""
        try:
            return super().invoke(ctx)
        except MedicError as error:
            ending = Misuse if isinstance(error, MisuseError) else Failure
            raise ending(str(error)) from error
