"""The section `web`, the options that count for more, and the folders of textfiles."""

from pathlib import Path

import pytest

from medic.app.settings import HostPort, load, show
from medic.app.settings.web import Orders
from tests.app.settings.reading import good, wrong


def test_without_the_section_it_is_plain_http_and_forty_scrapes_at_once():
    web = good("").configuration.web
    assert (web.config_file, web.max_requests) == (None, 40)


def test_the_file_is_relative_to_the_configuration():
    assert good("web: {config_file: web.yml}").configuration.web.config_file == Path("/nowhere/web.yml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("web: {config: x}", "web.config: unknown key; did you mean config_file?"),
        ("web: {max_requests: many}", "web.max_requests: 'many' is not a whole number; write digits alone, such as 3"),
        ("web: {max_requests: -1}", "web.max_requests: '-1' is too small; write at least 0"),
        (
            "web: {config_file: 5}",
            "web.config_file: '5' is not a path; write it as text, relative to this file or absolute",
        ),
        ("collectors: {textfile: {directory: 5}}", "collectors.textfile.directory[0]: is not a path; write it as text"),
        ("collectors: {textfile: {directory: {}}}", "collectors.textfile.directory: is not a list"),
        ("collectors: {textfile: {folder: x}}", "collectors.textfile.folder: unknown key"),
    ],
)
def test_a_mistake_is_told_with_what_to_write(text, message):
    (line,) = wrong(text)
    assert message in line


@pytest.mark.parametrize("text", ["one", "[one]"])
def test_one_folder_of_textfiles_needs_no_list(text):
    found = good(f"collectors: {{textfile: {{directory: {text}}}}}").configuration
    assert found.collectors.textfile.directory == (Path("/nowhere/one"),)


def test_what_the_command_line_says_counts_for_more_and_is_no_part_of_the_configuration(tmp_path):
    (tmp_path / "medic.yml").write_text("listen: 127.0.0.1:1\nweb: {config_file: a.yml, max_requests: 3}\n")
    orders = Orders(listen=HostPort("::1", 2), config_file=Path("/b.yml"))
    found = load(tmp_path / "medic.yml", variables={}, orders=orders)
    assert found.listen == HostPort("::1", 2)
    assert (found.web.config_file, found.web.max_requests) == (Path("/b.yml"), 3)
    assert found.orders is orders
    assert show(found)["web"] == {"config_file": "/b.yml", "max_requests": 3}
    assert "orders" not in show(found)
    same = load(tmp_path / "medic.yml", variables={})
    assert (same.listen, same.web.config_file) == (HostPort("127.0.0.1", 1), tmp_path / "a.yml")
