import json
from datetime import timedelta

import pytest

from medic.app.figures import source
from medic.app.settings.loader import load
from medic.app.settings.show import show
from tests.app.settings.reading import wrong


def loaded(folder, text):
    (folder / "medic.yml").write_text(text)
    return load(folder / "medic.yml", state=folder / "state", variables={})


GOOD = {
    "http": "url: 'https://h/stats', token: t, headers: {X-Key: k}, ca_file: ca.pem, timeout: 2s, "
    "fields: {pending: a.b}",
    "rq": "url: 'redis://:pw@127.0.0.1:6379/3', queue: mail",
    "huey": "url: 'sqlite:///srv/huey.db'",
    "dramatiq": "url: 'amqp://me:pw@127.0.0.1:5672/%2F', metrics: 'http://me:pw@127.0.0.1:9191/metrics'",
    "rabbitmq": "url: 'http://me:pw@127.0.0.1:15672/v'",
}


@pytest.mark.parametrize("backend", GOOD)
def test_each_backend_is_configured_and_shown_so_that_it_can_be_read_again(tmp_path, backend):
    (tmp_path / "ca.pem").touch()
    first = loaded(tmp_path, f"queues: [{{name: a, backend: {backend}, {GOOD[backend]}}}]")
    shown = json.dumps({"queues": show(first)["queues"]})
    assert "pw@" not in shown
    assert "lease" not in shown
    second = loaded(tmp_path, shown)
    assert [queue.backend for queue in second.queues] == [backend]


def test_a_queue_is_handed_to_its_backend_whole(tmp_path):
    (tmp_path / "ca.pem").touch()
    settings = loaded(
        tmp_path, f"queues: [{{name: a, backend: http, {GOOD['http']}}}, {{name: b, backend: rq, {GOOD['rq']}}}]"
    )
    page, mail = map(source, settings.queues)
    assert (page.token, page.headers, page.fields, page.timeout) == ("t", (("X-Key", "k"),), (("pending", "a.b"),), 2.0)
    assert page.ca_file == tmp_path / "ca.pem"
    assert (mail.name, mail.queue, mail.backend, mail.timeout) == ("b", "mail", "rq", 4.0)
    assert mail.place == "redis://127.0.0.1:6379/3"
    assert "pw" not in repr(mail)
    assert settings.queues[1].timeout == timedelta(seconds=4)


def test_secrets_may_stand_in_files(tmp_path):
    (tmp_path / "t").write_text("hunter2\n")
    text = "queues: [{name: a, backend: http, url: 'http://h/', token_file: t, headers: {X-Key_file: t}}]"
    (queue,) = (settings := loaded(tmp_path, text)).queues
    assert queue.token.get_secret_value() == queue.headers["X-Key"].get_secret_value() == "hunter2"
    assert "hunter2" not in json.dumps(show(settings)) + repr(queue)


WRONG = {
    "backend: rq": "queues[0].url: is missing; say where it is: url: redis://127.0.0.1:6379/0",
    "backend: rq, url: 'http://h'": "queues[0].url: is not an address for the backend rq; write it as redis://",
    "backend: rq, url: 'redis://h/three'": "queues[0].url: names no database of Redis, which is a number",
    "backend: huey, url: 'sqlite://huey.db'": "queues[0].url: names no whole path; write it as ",
    "backend: rabbitmq, url: 'amqp://h'": "queues[0].url: is not an address for the backend rabbitmq; write it as http",
    "backend: rq, url: 'redis://h', fields: {}": "queues[0].fields: has no meaning for the backend rq; remove it",
    "backend: rq, url: 'redis://h', lease: 5s": "queues[0].lease: has a meaning for an embedded queue alone; remove it",
    "token: x": "queues[0].token: has no meaning for an embedded queue; remove it, or name another backend",
    "backend: http, url: nonsense": "queues[0].url: is not an address; write it as http://127.0.0.1:8092/api/stats",
    "backend: http, url: 'http://h:x'": "queues[0].url: is not an address; write it as",
    "backend: http, url: 'http://h', fields: {pendin: a}": "queues[0].fields: holds 'pendin', which is no figure; use",
    "backend: http, url: 'http://h', fields: {pending: a..b}": "'a..b' is not a path into a page; write keys and",
    "backend: http, url: 'http://h', headers: {'X Y': a}": "queues[0].headers: holds 'X Y', which is no header",
    "backend: http, url: 'http://u:p@h', token: x": "queues[0].token: given beside a user in the address; keep one",
    "backend: http, url: 'https://h', ca_file: no.pem": "queues[0].ca_file: 'no.pem' is not a file, as /nowhere/no.pem",
    "backend: http, url: 'http://h', timeout: 5m": "queues[0].timeout: '5m' is too long; write at most 1m",
}


@pytest.mark.parametrize(("text", "said"), WRONG.items())
def test_a_mistake_says_what_to_write_instead(text, said):
    messages = wrong(f"queues: [{{name: a, {text}}}]")
    assert [message for message in messages if said in message], messages
    assert len(messages) == 1


@pytest.mark.parametrize("text", ["url: 'ftp://u:hunter2@h'", "url: 'http://h', token: [hunter2]", "url: 'hunter2'"])
def test_no_message_repeats_a_secret_of_a_queue(text):
    messages = wrong(f"queues: [{{name: a, backend: http, {text}}}]")
    assert messages
    assert "hunter2" not in "".join(messages)
