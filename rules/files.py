"""Rule files, read as strictly as Prometheus reads them, and with every mistake at once."""

import gc
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from yaml.nodes import Node, ScalarNode

from medic.core.errors import MedicError
from rules.document import (
    Entry,
    Mistake,
    Notes,
    RuleFileError,
    compose,
    entries,
    is_null,
    is_quoted,
    items,
    known_entries,
    line_of,
    scalar,
)
from rules.durations import parse_duration
from rules.groups import AlertRule, Group, RecordRule, Rule, key_of
from rules.integers import read_whole
from rules.promql import Compat, Query, compile_query
from rules.sources import read_source
from rules.templates import Template, compile_template

_GROUP_KEYS = ("name", "interval", "query_offset", "limit", "labels", "rules")
_RULE_KEYS = ("record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations")
_OF_ALERTS = ("for", "keep_firing_for", "annotations")
_CLASSIC_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_CLASSIC_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")

T = TypeVar("T")
Texts = Mapping[str, str]


def load(paths: Iterable[Path], *, compat: Compat = Compat.PROMETHEUS_3) -> list[Group]:
    """Read rule files into groups, in the order of the files.

    Raises RuleFileError with every mistake of all files. As Prometheus does, only the first YAML document of a file
    counts, and the same rule twice in a group is allowed. With ``compat`` of Prometheus 2, names are of ASCII letters.
    """
    groups: list[Group] = []
    mistakes = []
    compiled = _Compiled(compat)
    noted = [(path, Notes(str(path))) for path in dict.fromkeys(paths)]
    contents = [(_content(path, notes), notes) for path, notes in noted]
    with _hoarding():
        for content, notes in contents:
            groups += _groups(content, notes, compiled)
            mistakes += sorted(notes.mistakes, key=lambda mistake: mistake.line)
    if mistakes:
        raise RuleFileError(tuple(mistakes))
    return groups


def parse(content: str, *, file: str = "rules.yml", compat: Compat = Compat.PROMETHEUS_3) -> list[Group]:
    """Read the text of one rule file; raises RuleFileError as ``load`` does."""
    notes = Notes(file)
    with _hoarding():
        groups = _groups(content, notes, _Compiled(compat))
    if notes.mistakes:
        raise RuleFileError(tuple(sorted(notes.mistakes, key=lambda mistake: mistake.line)))
    return groups


@contextmanager
def _hoarding() -> Iterator[None]:
    """Let Python not look for garbage: what loading makes is kept, and looking through it takes half of the time."""
    looks = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looks:
            gc.enable()


def _content(path: Path, notes: Notes) -> str:
    try:
        return read_source(path)
    except OSError as error:
        notes.add(1, f"cannot be read: {error.strerror}; check `rules.files` in the configuration")
    except UnicodeDecodeError as error:
        notes.add(1, f"is not UTF-8 (byte {error.start}): save the file as UTF-8")
    return ""


def _groups(content: str, notes: Notes, compiled: "_Compiled") -> list[Group]:
    root = compose(content, notes)
    if root is None:
        return []
    fields = known_entries(root, notes, ("groups",), what="a rule file")
    reader = _Reader(notes, compiled)
    listed = items(fields["groups"], notes, what="groups") if "groups" in fields else ()
    return [reader.group(node) for node in listed]


class _Compiled:
    """Compiles each text once, however many rules have it."""

    def __init__(self, compat: Compat) -> None:
        self.compat = compat
        self._queries: dict[str, Query] = {}
        self._templates: dict[str, Template] = {}

    def query(self, text: str) -> Query:
        """Return the query of *text*; raises QueryError."""
        if text not in self._queries:
            self._queries[text] = compile_query(text, compat=self.compat)
        return self._queries[text]

    def template(self, text: str) -> Template:
        """Return the template of *text*; raises TemplateError."""
        if text not in self._templates:
            self._templates[text] = compile_template(text, classic=self.compat is Compat.PROMETHEUS_2)
        return self._templates[text]


class _Reader:
    """Reads the groups of one file; it remembers their names, which must differ."""

    def __init__(self, notes: Notes, compiled: _Compiled) -> None:
        self._notes = notes
        self._compiled = compiled
        self._classic = compiled.compat is Compat.PROMETHEUS_2
        self._seen: dict[str, int] = {}

    def group(self, node: Node) -> Group:
        """Read one group; what is wrong in it is noted, and the rest is read all the same."""
        fields = known_entries(node, self._notes, _GROUP_KEYS, what="a group")
        name = self._text(fields, "name")
        self._check_group_name(fields.get("name", node), name)
        shared = self._texts(fields, "labels", self._check_label)
        rules = items(fields["rules"], self._notes, what="rules") if "rules" in fields else ()
        return Group(
            self._notes.file,
            name,
            tuple(rule for each in rules if (rule := self._rule(each, shared)) is not None),
            interval_ms=self._duration(fields, "interval") or None,
            offset_ms=self._duration(fields, "query_offset"),
            limit=self._integer(fields, "limit"),
            line=line_of(node),
        )

    def _check_group_name(self, at: Node, name: str) -> None:
        if not name:
            self._notes.add(at, "a group needs a name: write `name: ...`")
        elif name in self._seen:
            self._notes.add(at, f"group {name!r} is already in line {self._seen[name]}: give this one another name")
        self._seen.setdefault(name, line_of(at))

    def _rule(self, node: Node, shared: Texts) -> Rule | None:
        fields = known_entries(node, self._notes, _RULE_KEYS, what="a rule")
        record, alert = self._text(fields, "record"), self._text(fields, "alert")
        if bool(record) is bool(alert):
            self._notes.add(node, "a rule is either an alert or a record: write exactly one of `alert:` and `record:`")
        text, query = self._expression(node, fields)
        labels = {**shared, **self._texts(fields, "labels", self._check_label)}
        line = line_of(node)
        if record:
            self._check_record(record, fields)
            return RecordRule(record, text, query, tuple(sorted(labels.items())), line) if query else None
        annotations = self._texts(fields, "annotations", self._check_annotation)
        holds = self._duration(fields, "for"), self._duration(fields, "keep_firing_for")
        expanded = self._templates(fields.get("labels"), node, labels)
        told = self._templates(fields.get("annotations"), node, annotations)
        return AlertRule(alert, text, query, expanded, told, *holds, line=line) if query else None

    def _expression(self, node: Node, fields: Mapping[str, Node]) -> tuple[str, Query | None]:
        text = self._text(fields, "expr")
        if not text:
            self._notes.add(fields.get("expr", node), "a rule needs an expression: write `expr: ...`")
            return text, None
        return text, self._noted(fields["expr"], "expr", lambda: self._compiled.query(text))

    def _check_record(self, name: str, fields: Mapping[str, Node]) -> None:
        if "{" in name or "}" in name:
            self._notes.add(fields["record"], f"the name {name!r} holds braces: put the selector into `expr:`")
        elif self._classic and not _CLASSIC_METRIC.fullmatch(name):
            self._notes.add(fields["record"], f"{name!r} is not a metric name: write letters, digits, _ and :")
        for key in _OF_ALERTS:
            if key in fields and not _is_nothing(fields[key]):
                self._notes.add(fields[key], f"a recording rule has no {key!r}: remove it, or write `alert:`")

    def _check_label(self, entry: Entry) -> None:
        if entry.key == "__name__":
            self._notes.add(entry.at, "the label __name__ cannot be set: write `record:` to name a series")
        self._check_annotation(entry)

    def _check_annotation(self, entry: Entry) -> None:
        if not entry.key:
            self._notes.add(entry.at, "a label needs a name")
        elif self._classic and not _CLASSIC_LABEL.fullmatch(entry.key):
            self._notes.add(entry.at, f"{entry.key!r} is not a label name: write letters, digits and _")

    def _templates(self, node: Node | None, rule: Node, texts: Texts) -> tuple[tuple[str, Template], ...]:
        read: list[tuple[str, Template]] = []
        for name in sorted(texts):
            try:
                read.append((name, self._compiled.template(texts[name])))
            except MedicError as error:
                self._notes.add(_place(node, name) or node or rule, f"the template of {name!r}: {error}")
        return tuple(read)

    def _texts(self, fields: Mapping[str, Node], key: str, check: Callable[[Entry], None]) -> Texts:
        if key not in fields:
            return {}
        found: dict[str, str] = {}
        for entry in entries(fields[key], self._notes, what=key):
            check(entry)
            found[entry.key] = scalar(entry.value, self._notes, what=f"{key}: {entry.key}")
        return found

    def _text(self, fields: Mapping[str, Node], key: str) -> str:
        return scalar(fields[key], self._notes, what=key) if key in fields else ""

    def _duration(self, fields: Mapping[str, Node], key: str) -> int:
        if key not in fields or is_null(fields[key]):
            return 0
        text = self._text(fields, key)
        return self._noted(fields[key], key, lambda: parse_duration(text)) or 0

    def _integer(self, fields: Mapping[str, Node], key: str) -> int:
        text = self._text(fields, key)
        if not text:
            return 0
        number = None if is_quoted(fields[key]) else read_whole(text)
        if number is None:
            self._notes.add(fields[key], f"{key} must be a whole number without quotes, not {text!r}")
        return number or 0

    def _noted(self, at: Node, what: str, read: Callable[[], T]) -> T | None:
        """Read something; what it raises becomes a mistake at *at*."""
        try:
            return read()
        except MedicError as error:
            self._notes.add(at, f"{what}: {error}")
            return None


def _place(node: Node | None, name: str) -> Node | None:
    """Find where a mapping says *name*; a label of the group stands elsewhere."""
    found = entries(node, Notes(""), what="") if node is not None else ()
    return next((entry.value for entry in found if entry.key == name), None)


def _is_nothing(node: Node) -> bool:
    return is_null(node) or not node.value or (isinstance(node, ScalarNode) and node.value in {"0", "0s"})


def repeated(groups: Iterable[Group]) -> tuple[Mistake, ...]:
    """Find rules of one file with the same name and labels: Prometheus takes them, promtool minds them."""
    seen: dict[tuple[str, str, tuple[tuple[str, str], ...]], int] = {}
    found: list[Mistake] = []
    for group in groups:
        for rule in group.rules:
            key = key_of(group, rule)
            where = (key.file, key.name, key.labels)
            if where in seen:
                advice = f"{rule.name} with the same labels is already in line {seen[where]}"
                found.append(Mistake(group.file, rule.line, f"{advice}: give one of them a label, or remove it"))
            seen.setdefault(where, rule.line)
    return tuple(found)
