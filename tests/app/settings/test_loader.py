import json
import os
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medic.app.places import locate
from medic.app.settings import ConfigError, load, show
from medic.app.settings.heal import Mode
from medic.app.settings.recur import Job, Reports, merge
from tests.app.settings.reading import good, section, wrong

KEYS = [
    "listen",
    "interval",
    "queues",
    "workers",
    "rules",
    "remedies",
    "healing",
    "jobs",
    "notify",
    "name",
    "pool",
    "do",
]
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner),
    max_leaves=15,
)


@given(st.text())
def test_arbitrary_text_is_read_or_refused_with_mistakes(text):
    for line in wrong(text):
        assert line.startswith("medic.yml")


@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from(KEYS), TREES))
def test_arbitrary_trees_are_read_or_refused_with_mistakes(tree):
    for line in wrong(json.dumps(tree)):
        assert line.startswith("medic.yml")


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_read_or_refused_with_mistakes(tmp_path_factory, content):
    file = tmp_path_factory.mktemp("bytes") / "medic.yml"
    file.write_bytes(content)
    try:
        load(file, variables={})
    except ConfigError as error:
        mistakes = error.mistakes
    else:
        return
    assert mistakes
    assert {mistake.file for mistake in mistakes} == {str(file)}


def test_no_file_at_all_gives_the_defaults(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = load(variables={"HOME": str(tmp_path), "MEDIC_STATE": str(tmp_path / "state")})
    assert found.file is None
    assert found.folder == tmp_path
    assert str(found.listen) == "127.0.0.1:10119"
    assert found.interval == timedelta(seconds=15)
    assert found.queues == ()
    assert found.rules.defaults
    assert [job.name for job in found.every_job] == ["health-check", "canary", "report"]


def test_an_empty_file_gives_the_defaults_too():
    assert good("").configuration == good("{}").configuration


def test_the_file_is_looked_for_in_order(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    user = tmp_path / "config" / "medic" / "medic.yml"
    variables = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    user.parent.mkdir(parents=True)
    user.touch()
    assert locate(None, variables) == user
    Path("medic.yml").touch()
    assert locate(None, variables) == Path("medic.yml")
    named = variables | {"MEDIC_CONFIG": "elsewhere.yml"}
    assert locate(None, named) == Path("elsewhere.yml")
    assert locate(Path("given.yml"), named) == Path("given.yml")


def test_a_relative_configuration_folder_of_the_user_is_ignored(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd" / "medic").mkdir(parents=True)
    (tmp_path / "odd" / "medic" / "medic.yml").touch()
    assert locate(None, {"HOME": str(tmp_path / "home"), "XDG_CONFIG_HOME": "odd"}) is None


def test_a_named_file_that_is_missing_is_a_mistake(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "none.yml", variables={})
    assert str(caught.value) == (
        f"{tmp_path}/none.yml: does not exist; name another file, or write one with `medic init`"
    )


def test_a_file_that_is_not_utf_8_is_a_mistake(tmp_path):
    (tmp_path / "medic.yml").write_bytes(b"listen: \xff")
    with pytest.raises(ConfigError, match=r"is not UTF-8 \(byte 8\); save it as UTF-8"):
        load(tmp_path / "medic.yml", variables={})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_a_mistake(tmp_path):
    (tmp_path / "medic.yml").touch(mode=0)
    with pytest.raises(ConfigError, match="Permission denied"):
        load(tmp_path / "medic.yml", variables={})


def test_a_folder_in_place_of_the_file_is_a_mistake(tmp_path):
    with pytest.raises(ConfigError, match=r"is a folder; name the file in it: .*/medic\.yml"):
        load(tmp_path, variables={})


def test_the_state_folder_is_that_of_the_option_then_the_environment_then_the_file(tmp_path):
    file = tmp_path / "medic.yml"
    file.write_text("state: inside\n")
    chosen = {"MEDIC_STATE": str(tmp_path / "environment")}
    assert load(file, state=Path("/option"), variables=chosen).state == Path("/option")
    assert load(file, variables=chosen).state == tmp_path / "environment"
    assert load(file, variables={}).state == tmp_path / "inside"


def test_the_state_folder_is_the_platforms_when_nobody_names_one(tmp_path):
    file = tmp_path / "medic.yml"
    file.touch()
    expected = Path("/var/lib/medic") if os.geteuid() == 0 else tmp_path / "own" / "medic"
    assert load(file, variables={"HOME": "/home/x", "XDG_STATE_HOME": str(tmp_path / "own")}).state == expected


def test_paths_are_relative_to_the_file_and_patterns_are_expanded_anew(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "b.yml").touch()
    file = tmp_path / "medic.yml"
    file.write_text(
        "rules: {files: [rules/b.yml, 'rules/*.yml', 'none/*.yml']}\nworkers: [{pool: a, command: [x], cwd: w}]"
    )
    found = load(file, variables={})
    assert found.rules.paths == [tmp_path / "rules" / "b.yml"]
    (tmp_path / "rules" / "a.yml").touch()
    assert found.rules.paths == [tmp_path / "rules" / "b.yml", tmp_path / "rules" / "a.yml"]
    assert found.workers[0].cwd == tmp_path / "w"


def test_numbers_and_booleans_may_come_from_the_environment():
    text = "workers: [{pool: a, command: [x], count: '${N}'}]\nrules: {defaults: '${D}'}"
    found = good(text, N="3", D="false").configuration
    assert found.workers[0].count == 3
    assert found.rules.defaults is False


def test_a_quoted_number_in_the_file_is_no_number():
    assert wrong("rules: {history: '480'}")


@pytest.mark.parametrize("content", ["slack://token\n", "slack://token\r\n", "\n  slack://token \n# renewed in May\n"])
def test_a_secret_is_the_first_line_of_its_file_without_its_end(tmp_path, content):
    (tmp_path / "slack.url").write_text(content)
    found = good("notify: [{url_file: slack.url}]", tmp_path)
    assert found.configuration.notify[0].url.get_secret_value() == "slack://token"
    assert "token" not in repr(found.configuration)


def test_an_empty_secret_is_a_mistake_at_the_files_key(tmp_path):
    (tmp_path / "slack.url").write_text("\n")
    assert wrong("notify:\n  - url_file: slack.url", tmp_path) == [
        "medic.yml:2: notify[0].url_file: holds no secret; name a file whose first line is the secret"
    ]


def test_what_is_shown_holds_no_secret_and_every_other_key(tmp_path):
    (tmp_path / "slack.url").write_text("slack://hunter2")
    (tmp_path / "stats.url").write_text("http://hunter2/stats")
    (tmp_path / "medic.yml").write_text("""\
listen: "127.0.0.1:${PORT}"
interval: 1m30s
queues:
  - {name: a, backend: http, url: "http://me:hunter2@host/stats"}
  - {name: b, backend: http, url_file: stats.url}
workers: [{pool: a, command: [x, "--key=${KEY}"], env: {KEY: "${KEY}", OTHER: hunter2}, after: [queue:a]}]
remedies:
  - {name: r, match: ['a="b"'], target: host, do: {command: {argv: [x, "${KEY}"], timeout: 5s}}}
jobs: [{name: j, at: 2:30, timezone: UTC, run: [x], env: {A: hunter2}}]
notify: [{url_file: slack.url}, {url: "json://hunter2"}, {url: "${KEY}"}]
""")
    found = load(tmp_path / "medic.yml", variables={"PORT": "99", "KEY": "hunter2"})
    shown = show(found)
    assert "hunter2" not in json.dumps(shown)
    assert "hunter2" not in repr((found.notify, found.queues, found.jobs, found.workers[0].env))
    assert str(found.listen) == "127.0.0.1:99"
    assert found.remedies[0].do[0].command.argv == ("x", "hunter2")
    assert shown["listen"] == "127.0.0.1:${PORT}"
    assert shown["interval"] == "1m30s"
    assert shown["workers"][0]["command"] == ["x", "--key=${KEY}"]
    assert shown["remedies"][0]["do"] == [{"command": {"argv": ["x", "${KEY}"], "timeout": "5s"}}]
    assert shown["jobs"][0]["at"] == "02:30"
    assert shown["queues"][0]["url"] == "http://me:***@host/stats"


def test_what_is_shown_is_a_configuration_with_the_same_meaning(tmp_path):
    workers = "workers: [{pool: a, command: [x], stop_timeout: 0, heartbeat: 1h30m}]"
    text = f"queues: [{{name: a}}]\n{workers}\nreports: {{keep: 1w}}"
    (tmp_path / "medic.yml").write_text(text)
    first = load(tmp_path / "medic.yml", variables={})
    shown = {key: value for key, value in show(first).items() if key not in {"file", "folder"}}
    (tmp_path / "again.yml").write_text(json.dumps(shown))
    again = load(tmp_path / "again.yml", variables={})
    assert replace(again, file=first.file) == first


def test_a_single_action_is_a_ladder_of_one_and_a_list_keeps_its_order():
    text = "remedies: [{name: r, match: [a=b], target: host, do: DO}]"
    (single,) = good(text.replace("DO", "{notify: {}}")).configuration.remedies
    assert [rung.name for rung in single.do] == ["notify"]
    (ladder,) = good(text.replace("DO", "[{command: {argv: [x]}}, {notify: {}}]")).configuration.remedies
    assert [rung.name for rung in ladder.do] == ["command", "notify"]


@pytest.mark.parametrize(
    ("target", "mode", "effective"),
    [
        ("pool:a", None, Mode.AUTO),
        ("worker:a/1", None, Mode.AUTO),
        ("'pool:{{ labels.pool }}'", None, Mode.AUTO),
        ("host", None, Mode.DRY_RUN),
        ("queue:a", None, Mode.DRY_RUN),
        ("'{{ labels.target }}'", None, Mode.DRY_RUN),
        ("host", "auto", Mode.AUTO),
        ("pool:a", "approve", Mode.APPROVE),
    ],
)
def test_what_medic_did_not_start_itself_is_healed_only_when_its_owner_says_so(target, mode, effective):
    text = f"""
queues: [{{name: a}}]
workers: [{{pool: a, command: [x]}}]
remedies: [{{name: r, match: [a=b], target: {target}, do: {{notify: {{}}}}{f", mode: {mode}" if mode else ""}}}]
"""
    assert good(text).configuration.remedies[0].effective_mode is effective


def test_the_queue_server_may_be_healed_where_a_queue_is_embedded():
    remedy = "remedies: [{name: r, match: [a=b], target: pool:queue-server, do: {restart: {}}}]\n"
    assert not wrong(remedy + "queues: [{name: a}]")
    assert wrong(remedy)


def test_medic_itself_may_listen_on_any_free_port():
    assert not wrong("listen: 127.0.0.1:0")


def test_an_entry_named_like_a_built_in_job_changes_what_it_says_and_nothing_else():
    entry = section(Job, {"name": "canary", "every": "5s"})
    canary = next(job for job in merge((entry,), Reports()) if job.name == "canary")
    shipped = next(job for job in merge((), Reports()) if job.name == "canary")
    assert canary == replace(shipped, every=timedelta(seconds=5))


def test_a_built_in_job_that_is_given_another_rhythm_loses_its_own():
    report = merge((section(Job, {"name": "report", "every": "1m"}),), Reports(daily=time(4)))[2]
    assert report.every == timedelta(minutes=1)
    assert report.at is None
    assert merge((), Reports(daily=time(4)))[2].at == time(4)


def test_own_jobs_follow_the_built_in_ones():
    jobs = good("jobs: [{name: z, every: 1h, run: [x]}, {name: canary, enabled: false}]").configuration.jobs
    merged = merge(jobs, Reports())
    assert [(job.name, job.enabled) for job in merged] == [
        ("health-check", True),
        ("canary", False),
        ("report", True),
        ("z", True),
    ]


@pytest.mark.parametrize(
    ("listen", "base"),
    [
        ("127.0.0.1:8091", "http://127.0.0.1:8091"),
        ("0.0.0.0:8091", "http://127.0.0.1:8091"),
        ("[::]:8091", "http://[::1]:8091"),
    ],
)
def test_a_queue_that_listens_everywhere_is_asked_on_loopback(listen, base):
    (queue,) = good(f"queues: [{{name: a, listen: '{listen}'}}]").configuration.queues
    assert queue.base == base


def test_a_job_of_another_package_needs_no_command(tmp_path, monkeypatch):
    described = tmp_path / "etl-1.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: etl\nVersion: 1\n")
    (described / "entry_points.txt").write_text("[medic.jobs]\netl = etl:run\n")
    assert "runs nothing" in str(wrong("jobs: [{name: etl, every: 5m}]"))
    monkeypatch.syspath_prepend(tmp_path)
    (job,) = good("jobs: [{name: etl, every: 5m}]").configuration.jobs
    assert (job.name, job.run) == ("etl", None)
