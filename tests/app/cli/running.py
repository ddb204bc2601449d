"""Running commands in tests: in this process, where only their words and exit codes matter."""

from click.testing import CliRunner, Result

from medic.app.cli import main


def medic(at, *arguments: str) -> Result:
    """Run a command against the state folder and configuration of *at*."""
    place = ["--config", str(at.file), "--state", str(at.state)]
    return CliRunner().invoke(main, [*arguments, *place], env={"MEDIC_CONFIG": None, "MEDIC_STATE": None})
