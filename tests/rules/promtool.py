"""The real promtool, as the oracle of what Prometheus does."""

import re
import subprocess

from tests import parts


def run(*arguments, cwd):
    """Run promtool; return its exit status and all that it printed, in order."""
    done = subprocess.run(
        [parts.find("promtool"), *arguments],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


def taken(folder, lint="none"):
    """Return the names of the rule files in *folder* that promtool finds nothing wrong with; one run for all."""
    names = sorted(path.name for path in folder.glob("*.yml"))
    _, told = run("check", "rules", f"--lint={lint}", *names, cwd=folder)
    judged = dict(re.findall(r"^Checking (\S+)\n  (SUCCESS|FAILED)", told, re.MULTILINE))
    assert sorted(judged) == names
    return {name for name, verdict in judged.items() if verdict == "SUCCESS"}


def tested(names, *, cwd):
    """Run unit-test files in one go; return what promtool says of each, by name: empty where all is as expected."""
    _, told = run("test", "rules", *names, cwd=cwd)
    parts_told = re.split(r"^Unit Testing:  (\S+)\n", told, flags=re.MULTILINE)[1:]
    verdicts = dict(zip(parts_told[::2], parts_told[1::2], strict=True))
    assert list(verdicts) == list(names)
    return {name: "" if re.search("^  SUCCESS", text, re.MULTILINE) else text for name, text in verdicts.items()}
