import os

import pytest

from exporter.collectors.os import OperatingSystem, describe, parse
from tests.exporter.tree import ROOT, by_name, values


def test_the_recorded_release_is_told():
    families = OperatingSystem(ROOT).collect()
    ((pairs, one),) = values(families, "node_os_info").items()
    assert one == 1
    assert dict(pairs) == {
        "id": "debian",
        "name": "Debian GNU/Linux",
        "pretty_name": "Debian GNU/Linux 12 (bookworm)",
        "version": "12 (bookworm)",
        "version_codename": "bookworm",
        "version_id": "12",
    }
    assert list(values(families, "node_os_version").values()) == [12.0]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("NAME=plain", "plain"),
        ('NAME="two words"', "two words"),
        ("NAME='one'", "one"),
        (r'NAME="a\"b\\c"', r'a"b\c'),
        ('NAME=""', ""),
        ('NAME="', '"'),
    ],
)
def test_values_are_unquoted_as_a_shell_would(line, value):
    assert parse(line)["name"] == value


def test_comments_and_lines_without_a_value_are_passed_over():
    assert parse("# NAME=x\n\nodd\nID=a\n") == {"id": "a"}


def test_a_version_is_its_first_two_numbers_and_may_be_missing():
    assert list(values(describe({"version_id": "22.04.3"}), "node_os_version").values()) == [22.04]
    assert "node_os_version" not in by_name(describe({"version_id": "rolling"}))


def test_the_vendors_file_stands_in_for_a_missing_one(tmp_path):
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "usr/lib/os-release").write_text("ID=vendor\n")
    assert [dict(each)["id"] for each in values(OperatingSystem(tmp_path).collect(), "node_os_info")] == ["vendor"]


def test_no_release_file_is_no_family(tmp_path):
    assert OperatingSystem(tmp_path).collect() == []


def test_an_upgrade_is_seen_and_the_same_file_not_read_again(tmp_path):
    (tmp_path / "etc").mkdir()
    system = OperatingSystem(tmp_path)
    assert system.collect() == []
    release = tmp_path / "etc/os-release"
    release.write_text("VERSION_ID=12\n")
    os.utime(release, (1, 1))
    first = system.collect()
    assert list(values(first, "node_os_version").values()) == [12]
    assert system.collect() is first
    release.write_text("VERSION_ID=13\n")
    os.utime(release, (2, 2))
    assert list(values(system.collect(), "node_os_version").values()) == [13]
