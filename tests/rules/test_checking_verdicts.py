"""The verdict on a file is promtool's: by `promtool check rules` as it is by default."""

import re

import pytest

from rules.checking import read
from rules.promql import Compat
from tests.rules import corpus, promtool, shapes

GOOD = {**corpus.GOOD, **shapes.GOOD}
TWICE = {"the same rule twice", "one name in two groups' rules"}
"""Prometheus loads them, and promtool minds them."""


def verdict(folder, text):
    (folder / "r.yml").write_bytes(text.encode())
    return read(folder / "r.yml", compat=Compat.PROMETHEUS_2)


@pytest.mark.parametrize("name", sorted(GOOD.keys() - TWICE))
def test_good_files_are_passed(tmp_path, name):
    assert verdict(tmp_path, GOOD[name]).mistakes == ()


@pytest.mark.parametrize("name", shapes.BAD)
def test_bad_files_are_failed_with_a_line_and_a_text(tmp_path, name):
    found = verdict(tmp_path, shapes.BAD[name]).mistakes
    assert found
    assert all(1 <= each.line <= shapes.BAD[name].count("\n") + 1 and each.text for each in found)


@pytest.mark.parametrize("name", shapes.STRICTER)
def test_what_is_not_supported_is_failed_by_name(tmp_path, name):
    [mistake] = verdict(tmp_path, shapes.STRICTER[name]).mistakes
    assert re.search(r"is not supported|native histograms", mistake.text)


@pytest.mark.parametrize("name", shapes.NEWER)
def test_what_newer_prometheus_takes_is_passed(tmp_path, name):
    assert verdict(tmp_path, shapes.NEWER[name]).mistakes == ()


@pytest.mark.needs("promtool")
def test_promtool_gives_the_same_verdict_on_every_shape(tmp_path):
    every = [*GOOD.values(), *corpus.BAD.values(), *shapes.BAD.values()]
    ours = set()
    for number, text in enumerate(every):
        path = tmp_path / f"{number}.yml"
        path.write_bytes(text.encode())
        if not read(path, compat=Compat.PROMETHEUS_2).mistakes:
            ours.add(path.name)
    assert ours == promtool.taken(tmp_path, lint="duplicate-rules")


@pytest.mark.needs("promtool")
@pytest.mark.parametrize(("files", "taken"), [(shapes.STRICTER, True), (shapes.NEWER, False)])
def test_the_differences_are_those_that_are_listed(tmp_path, files, taken):
    for number, text in enumerate(files.values()):
        (tmp_path / f"{number}.yml").write_bytes(text.encode())
    assert len(promtool.taken(tmp_path, lint="duplicate-rules")) == (len(files) if taken else 0)


def test_the_rules_of_a_file_are_counted(tmp_path):
    assert verdict(tmp_path, shapes.GOOD["same alert with other labels"]).rules == 2
    assert verdict(tmp_path, corpus.BAD["no expression"]).rules == 0


def test_a_file_that_cannot_be_read_is_a_mistake_of_that_file(tmp_path):
    [mistake] = read(tmp_path / "missing.yml").mistakes
    assert mistake.line == 1
    assert "cannot be read: No such file" in mistake.text
