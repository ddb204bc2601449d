import logging
import subprocess
import sys

import pytest

from medic.app.settings import ConfigError
from medic.app.settings.loader import read

NO_URL = "is no URL that Apprise can read; write an Apprise URL"


def wrong(text, folder, **variables):
    """Return what a configuration is refused with, each without its examples."""
    try:
        read(text, file="medic.yml", folder=folder, variables=variables, people=True)
    except ConfigError as error:
        return [str(mistake).partition(": mailto")[0] for mistake in error.mistakes]
    return []


@pytest.mark.parametrize(
    "url", ["slack://x", "ntfy://topic, slack://x", "nonsense", "http://hooks.invalid/hunter2", "json://", "", " "]
)
def test_a_url_that_apprise_cannot_read_is_refused_with_its_place(tmp_path, url):
    assert wrong(f"notify:\n- url: ntfy://topic\n- url: '{url}'", tmp_path) == [f"medic.yml:3: notify[1].url: {NO_URL}"]


@pytest.mark.parametrize(
    "url",
    [
        "json://127.0.0.1:9/hook",
        "mailto://user:password@example.com",
        "ntfy://topic",
        "slack://TokenA/TokenB/TokenC",
        "ntfy://a, ntfy://b",
    ],
)
def test_a_url_that_apprise_can_read_is_taken(tmp_path, url):
    assert wrong(f"notify: [{{url: '{url}'}}]", tmp_path) == []


def test_a_url_in_a_file_of_its_own_is_refused_at_the_files_key(tmp_path):
    (tmp_path / "slack.url").write_text("slack://x\n")
    assert wrong("notify:\n- url_file: slack.url", tmp_path) == [f"medic.yml:2: notify[0].url_file: {NO_URL}"]


def test_a_url_that_is_wrong_before_apprise_sees_it_is_one_mistake(tmp_path):
    [unset] = wrong("notify: [{url: '${NONE}'}]", tmp_path)
    assert "NONE is not set" in unset
    [unread] = wrong("notify: [{url_file: none}]", tmp_path)
    assert "cannot be read" in unread


def test_all_mistakes_are_told_at_once(tmp_path):
    places = [line.split(": ")[1] for line in wrong("interval: 15\nnotify: [{url: a}, {url: b}]", tmp_path)]
    assert places == ["interval", "notify[0].url", "notify[1].url"]


@pytest.mark.parametrize("url", ["slack://hunter2", "hunter2", "http://hunter2", "tgram://hunter2/x", "${KEY}"])
def test_neither_the_message_nor_the_log_repeats_the_secret(tmp_path, caplog, url):
    with caplog.at_level(logging.NOTSET):
        [line] = wrong(f"notify: [{{url: '{url}'}}]", tmp_path, KEY="slack://hunter2")
    assert "hunter2" not in line
    assert "hunter2" not in caplog.text


def test_the_advice_is_made_of_urls_that_can_be_read(tmp_path):
    with pytest.raises(ConfigError) as refused:
        read("notify: [{url: x}]", file="medic.yml", folder=tmp_path, variables={}, people=True)
    [mistake] = refused.value.mistakes
    urls = [word.rstrip(",") for word in mistake.advice.split() if "://" in word]
    assert len(urls) == 3
    assert wrong("notify:\n" + "".join(f"- url: {url}\n" for url in urls), tmp_path) == []


@pytest.mark.parametrize("text", ["{}", "notify: []", "notify: [{url: 'json://a'}]"])
def test_apprise_is_never_imported_by_the_process_that_asks(tmp_path, text):
    (tmp_path / "medic.yml").write_text(text)
    program = (
        "import sys; from pathlib import Path; from medic.app.settings import load;"
        "load(Path(sys.argv[1]), variables={}, people=True); print('apprise' in sys.modules)"
    )
    done = subprocess.run(
        (sys.executable, "-c", program, str(tmp_path / "medic.yml")),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "False"


def test_only_urls_that_are_to_be_checked_are(tmp_path):
    unchecked = read("notify: [{url: x}]", file="medic.yml", folder=tmp_path, variables={})
    assert [each.url.get_secret_value() for each in unchecked.configuration.notify] == ["x"]
