import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medic.app.places import default_state, find_state
from medic.app.settings import ConfigError, load


@pytest.mark.parametrize(
    "content",
    ["state: remembered", "state: /var/tmp/x", "state: ~/x", "interval: 5s", "", "# nothing", "state: 'a b/../c'"],
)
def test_it_finds_the_folder_that_the_whole_configuration_gives(tmp_path, content):
    file = tmp_path / "medic.yml"
    file.write_text(content)
    assert find_state(file, os.environ) == load(file, variables=os.environ).state


def test_without_a_file_it_is_the_default_one(tmp_path):
    nowhere = {"HOME": str(tmp_path)}
    assert find_state(None, nowhere) == default_state(nowhere).absolute()


@pytest.mark.parametrize(
    "content",
    ["state: ${FOLDER}", "state: 5", "state: [a]", "- state", "state: [", "state: ~nobodyatall/x", 'state: "a\\0b"'],
)
def test_what_takes_more_than_a_look_is_left_to_the_whole_configuration(tmp_path, content):
    file = tmp_path / "medic.yml"
    file.write_text(content)
    assert find_state(file, {"FOLDER": "x"}) is None


def test_a_file_that_is_not_there_or_no_text_is_left_to_the_whole_configuration(tmp_path):
    (tmp_path / "latin.yml").write_bytes(b"state: \xe9")
    for name in ("none.yml", "latin.yml", "."):
        assert find_state(tmp_path / name, {}) is None


def test_mistakes_elsewhere_in_the_file_are_no_hindrance(tmp_path):
    file = tmp_path / "medic.yml"
    file.write_text("state: here\nunknown: 1\n")
    assert find_state(file, {}) == tmp_path / "here"
    with pytest.raises(ConfigError):
        load(file, variables={})


@given(st.text(max_size=40))
def test_of_no_text_does_it_find_another_folder_than_the_whole_configuration(tmp_path_factory, text):
    file = tmp_path_factory.mktemp("any") / "medic.yml"
    file.write_text(f"state: {text}", encoding="utf-8")
    found = find_state(file, {"HOME": "/home"})
    try:
        settings = load(file, variables={"HOME": "/home"})
    except ConfigError:
        return
    assert found in {None, settings.state}
    assert found is None or isinstance(found, Path)
