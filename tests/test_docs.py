"""What the documents say is so: their commands and options exist, their links lead somewhere, their examples load."""

import ast
import re
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
import yaml

from healer.registry import actions, checked
from medic.app import translate
from medic.app.cli import main
from medic.app.settings import load
from medic.app.settings.sections import keys_of
from medic.app.web import control, exporting, pages, probing, reading
from rhythm import registry
from rhythm.spec import check_jobs

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("bench/*.md"), *ROOT.glob("examples/**/*.md")]
)
DOCUMENTS = [path for path in DOCUMENTS if "state" not in path.parts]
PACKAGES = ("exporter", "rules", "healer", "workers", "rhythm", "medic")
SHELL = {"make", "medic", "cd", ".", "kill", "sed", "curl"}
"""The programs that the documents ask a reader to run."""
CHANGING = (
    "init", "heal run", "heal reset", "heal approve", "pause", "resume", "workers ensure", "workers restart",
    "workers stop", "workers start", "workers scale", "queue submit", "jobs run", "report", "notify test",
)  # fmt: skip
PRINTING = (
    "config check", "status", "check", "explain", "heal run", "heal history", "workers list", "workers ensure",
    "queue submit", "queue stats", "jobs list", "jobs run", "jobs history", "report", "pause", "resume",
    "rules check", "rules eval",
)  # fmt: skip


@dataclass(frozen=True)
class Said:
    """A command that a document names, with the place where it does."""

    where: str
    words: tuple[str, ...]
    whole: bool = False
    """Whether it is meant to be typed as it stands."""

    def __str__(self):
        return f"{self.where}: {' '.join(self.words)}"


def fences(text, kind):
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def name(path):
    return str(path.relative_to(ROOT))


def shell_lines():
    """Return each line of each console block, without its comment."""
    return [
        (name(path), re.sub(r"\s+#\s.*", "", line).strip())
        for path in DOCUMENTS
        for block in fences(path.read_text(), "console")
        for line in block.splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]


def typed():
    lines = [(where, line.split()) for where, line in shell_lines()]
    return [Said(where, tuple(words[1:]), whole=True) for where, words in lines if words[0] == "medic"]


def mentioned():
    """Return the commands in backquotes; in a table's first cell `medic heal run`, `history` means two of them."""
    found = []
    for path in DOCUMENTS:
        text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
        found += [Said(name(path), tuple(words.split())) for words in re.findall(r"`medic ([a-z][^`]*)`", text)]
        for cell in re.findall(r"^\| (`medic [^|]*) \|", text, re.MULTILINE):
            found += list(siblings(name(path), re.findall(r"`([^`]+)`", cell)))
    return found


def siblings(where, quoted):
    group = ()
    for words in (each.split() for each in quoted):
        if words[0] == "medic":
            group = tuple(words[1:-1])
        elif group:
            yield Said(where, (*group, *words))


def advised():
    """Return the commands in backquotes that messages and docstrings of the program name."""
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    said = re.findall(r"`medic ([a-z][^`{]*)`", node.value)
                    found += [Said(name(path), tuple(" ".join(words.split()).split())) for words in said]
    return found


def resolve(said):
    """Follow the words into the command line; returns the command and the words left over."""
    command, words = main, list(said.words)
    context = click.Context(main)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        assert found is not None, f"{said}: there is no such command"
        command, words = found, words[1:]
    return command, words


def leaves(group=main, path=()):
    context = click.Context(group)
    for each in group.list_commands(context):
        command = group.get_command(context, each)
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, each))
        else:
            yield " ".join((*path, each)), command


def options(command):
    return {word for param in command.params for word in (*param.opts, *param.secondary_opts) if word.startswith("-")}


@pytest.mark.parametrize("said", [*typed(), *mentioned(), *advised()], ids=str)
def test_every_command_and_option_that_is_named_exists(said):
    command, words = resolve(said)
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert given <= options(command) | {"--help", "--version"}
    if said.whole:
        assert not isinstance(command, click.Group), "a group alone does nothing"
        needed = [param for param in command.params if isinstance(param, click.Argument) and param.required]
        assert len([word for word in words if not word.startswith("-")]) >= len(needed)


def test_the_readmes_table_names_every_command_there_is():
    readme = [said for said in mentioned() if said.where == "README.md"]
    named = {" ".join(word for word in said.words if word.islower()) for said in readme}
    assert {path for path, _ in leaves()} - named == set()


def test_all_commands_take_the_options_that_the_readme_promises():
    found = dict(leaves())
    assert {path for path, command in found.items() if not {"--config", "--state"} <= options(command)} <= {"init"}
    assert [path for path in CHANGING if "--dry-run" not in options(found[path])] == []
    assert [path for path in PRINTING if "--json" not in options(found[path])] == []


@pytest.mark.parametrize(("where", "line"), shell_lines())
def test_every_line_for_the_shell_can_be_typed(where, line):
    first, *rest = line.split()
    assert first in SHELL
    if first == "make":
        targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert rest[0] in targets
    if first == "cd":
        assert (ROOT / rest[0]).is_dir()
    if first == "sed":
        assert Path(rest[-1]).name == "medic.yml"


def test_every_address_of_medic_in_the_documents_is_one_of_its_routes():
    rooms = (exporting, probing, reading, control, pages)
    routes = {route.path for room in rooms for route in room.routes} | {"/reports/"}
    for path in DOCUMENTS:
        for address in re.findall(r"127\.0\.0\.1:10119(/[^\s`>\"')]*)", path.read_text()):
            assert address in routes, name(path)


def test_what_the_tour_changes_in_the_quickstart_is_a_configuration_each_time(tmp_path):
    quickstart = ROOT / "examples" / "quickstart"
    shutil.copytree(quickstart, tmp_path / "q", ignore=shutil.ignore_patterns("state", "__pycache__"))
    file = tmp_path / "q" / "medic.yml"
    pools = []
    text = (ROOT / "README.md").read_text()
    for words in re.findall(r"sed -i '[^']+' medic\.yml", text):
        before = file.read_text()
        subprocess.run(words, shell=True, cwd=file.parent, check=True)
        assert file.read_text() != before, words
        pools.append({pool.pool for pool in load(file, variables={}).workers})
    assert pools == [{"rpa", "broken"}, {"rpa"}]


def anchors(path):
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_every_link_to_a_file_leads_to_one_and_every_anchor_to_a_heading(path):
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if "://" in link:
            continue
        file, _, anchor = link.partition("#")
        target = path.parent / file if file else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def yaml_blocks():
    return [(name(path), block) for path in DOCUMENTS for block in fences(path.read_text(), "yaml")]


@pytest.mark.parametrize(("where", "block"), yaml_blocks())
def test_every_configuration_in_the_documents_is_one_that_medic_accepts(tmp_path, where, block):
    for secret in re.findall(r"(?:url|token)_file: ([\w.]+)", block):
        (tmp_path / secret).write_text("json://127.0.0.1\n")
    file = tmp_path / "medic.yml"
    file.write_text(block)
    settings = load(file, variables={})
    checked(translate.policy(settings), actions())
    check_jobs(translate.jobs(settings), registry.load())
    assert set(yaml.safe_load(block)) <= set(keys_of(type(settings)))


def test_every_toml_in_the_documents_can_be_read():
    blocks = [block for path in DOCUMENTS for block in fences(path.read_text(), "toml")]
    groups = {f"medic.{group}" for group in ("collectors", "actions", "tasks", "jobs")}
    for block in blocks:
        assert set(tomllib.loads(block)["project"]["entry-points"]) <= groups


def test_the_documents_and_the_program_say_enough_to_be_checked():
    assert len(typed()) > 5
    assert len(mentioned()) > 20
    assert len(advised()) > 5
    assert yaml_blocks()
