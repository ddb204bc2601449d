"""`medic config check`, with the options by which exporters are told how to serve."""

import json

import pytest

from tests.app.cli.running import medic


@pytest.fixture
def web(tmp_path):
    """A good web configuration file."""
    file = tmp_path / "web.yml"
    file.write_text("http_server_config: {headers: {X-Frame-Options: deny}}\n")
    return file


def test_what_the_options_say_is_checked_and_shown_as_it_would_be_in_force(idle, web):
    asked = ("--web.listen-address", ":9100", "--web.config.file", str(web), "--web.max-requests", "0")
    result = medic(idle, "config", "check", *asked, "--json")
    assert result.exit_code == 0
    shown = json.loads(result.output)
    assert shown["listen"] == "0.0.0.0:9100"
    assert shown["web"] == {"config_file": str(web), "max_requests": 0}


def test_mistakes_in_the_file_that_the_option_names_are_told_with_their_lines(idle, web):
    web.write_text("http_server_config:\n  headers: {X-Frame-Options: maybe}\n")
    result = medic(idle, "config", "check", "--web.config.file", str(web))
    assert result.exit_code == 2
    assert f"{web}:2: http_server_config.headers.X-Frame-Options: 'maybe' is not a value of it" in result.output


def test_the_file_that_the_configuration_names_is_checked_without_an_option(idle, tmp_path):
    idle.config["web"] = {"config_file": str(tmp_path / "nothing.yml")}
    idle.write()
    result = medic(idle, "config", "check")
    assert result.exit_code == 2
    assert "nothing.yml: cannot be read (No such file or directory)" in result.output


def test_an_option_takes_the_place_of_a_file_that_does_not_exist(idle, web):
    idle.config["web"] = {"config_file": "nothing.yml"}
    idle.write()
    assert medic(idle, "config", "check", "--web.config.file", str(web)).exit_code == 0


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--web.listen-address", "here", "--web.listen-address: 'here' is not an address"),
        ("--web.listen-address", ":99999", "--web.listen-address: ':99999' "),
        ("--web.max-requests", "-1", "-1 is not in the range x>=0"),
        ("--web.max-requests", "many", "'many' is not a valid integer range"),
    ],
)
def test_a_wrong_value_of_an_option_is_refused_by_its_name(idle, option, value, words):
    result = medic(idle, "config", "check", option, value)
    assert result.exit_code == 2
    assert words in result.output
