import pytest

from tests.app.settings.reading import wrong

NO_TARGET = "write host, or KIND:NAME with a kind of container, gpu, job, pool, probe, queue, unit, worker (pool:rpa)"
REMEDY = """\
remedies:
  - name: heal
    match: ['a="b"']
    target: {target}
    do: {do}
"""

CASES = {
    "listne: 127.0.0.1:1": "medic.yml:1: listne: unknown key; did you mean listen?",
    "\nworkers:\n  - pool: rpa\n    command: [a]\n    cuont: 2": (
        "medic.yml:5: workers[0].cuont: unknown key; did you mean count?"
    ),
    "reports: {x: 1}": "medic.yml:1: reports.x: unknown key; the keys here are daily, keep",
    "interval: 15": "medic.yml:1: interval: '15' is not a duration; give it a unit: 15s",
    "interval: fast": "medic.yml:1: interval: 'fast' is not a duration; write it as 15s, 1h30m or 90d",
    "interval: 1s1h": "medic.yml:1: interval: '1s1h' is not a duration; write it as 15s, 1h30m or 90d",
    "interval: true": "medic.yml:1: interval: 'true' is not a duration; write 15s",
    "interval: 50ms": "medic.yml:1: interval: '50ms' is too short; write at least 100ms",
    "interval: 999999999y": "medic.yml:1: interval: '999999999y' is too long; write at most some thousand years",
    "reports: {keep: 0}": "medic.yml:1: reports.keep: '0' is too short; write at least 1ms",
    "listen: 10119": (
        "medic.yml:1: listen: '10119' is not an address; write host:port, such as 127.0.0.1:10119 or [::1]:10119"
    ),
    "listen: h:70000": "medic.yml:1: listen: 'h:70000' has a port that does not exist; choose one up to 65535",
    "state: 5": "medic.yml:1: state: '5' is not a path; write it as text, relative to this file or absolute",
    "state: ~nobody-has-this-name/x": (
        "medic.yml:1: state: '~nobody-has-this-name/x' names the home of nobody; write the whole path"
    ),
    "healing: {mode: on}": (
        "medic.yml:1: healing.mode: 'on' is not one of the choices; write 'off', 'dry-run', 'approve' or 'auto'"
    ),
    "collectors: {system: {expose: off}}": (
        "medic.yml:1: collectors.system.expose: 'off' is not true or false; "
        "write true or false (yes, no, on and off are text)"
    ),
    "rules: {history: 1}": "medic.yml:1: rules.history: '1' is too small; write at least 2",
    "rules: {history: 1.5}": ("medic.yml:1: rules.history: '1.5' is not a whole number; write digits alone, such as 3"),
    "rules: {history: true}": (
        "medic.yml:1: rules.history: 'true' is not a whole number; write digits alone, such as 3"
    ),
    "rules: {files: [none.yml]}": (
        "medic.yml:1: rules.files[0]: there is no file /nowhere/none.yml; "
        "correct the path, or write a pattern such as rules/*.yml"
    ),
    "rules: a.yml": "medic.yml:1: rules: 'a.yml' is not a mapping; write key: value lines, or {} for the defaults",
    "queues: default": ("medic.yml:1: queues: 'default' is not a list; write [one, two], or a line with - for each"),
    "queues: [{}]": "medic.yml:1: queues[0].name: is missing; add name: ...",
    "queues: [{name: Default}]": (
        "medic.yml:1: queues[0].name: 'Default' is not a name; use up to 63 of a-z, 0-9 and -, such as nightly-etl"
    ),
    "queues: [{name: a, backend: celery}]": (
        "medic.yml:1: queues[0].url: is missing; "
        "say where it is: url: redis://127.0.0.1:6379/0 or amqp://guest:guest@127.0.0.1:5672"
    ),
    "queues: [{name: a, backend: http}]": (
        "medic.yml:1: queues[0].url: is missing; say where it is: url: http://127.0.0.1:8092/api/stats"
    ),
    "queues: [{name: a, backend: http, url: 'ftp://x'}]": (
        "medic.yml:1: queues[0].url: is not an address for the backend http; write it as http://127.0.0.1:8092/api/stats"
    ),
    "queues: [{name: a, url: 'http://x'}]": (
        "medic.yml:1: queues[0].url: has no meaning for an embedded queue; write listen: HOST:PORT instead"
    ),
    "queues: [{name: a, backend: http, url: 'http://x', listen: 'x:1'}]": (
        "medic.yml:1: queues[0].listen: has a meaning for an embedded queue alone; remove it"
    ),
    "queues: [{name: a, listen: 'localhost:0'}]": (
        "medic.yml:1: queues[0].listen: leaves the port open; name one: workers must find the queue again"
    ),
    "queues:\n - name: a\n - name: b\n": (
        "medic.yml:3: queues[1].listen: 127.0.0.1:8091 is taken by queues[0].listen; "
        "give each its own port, such as 127.0.0.1:8092"
    ),
    "listen: 127.0.0.1:8091\nqueues: [{name: a}]": (
        "medic.yml:2: queues[0].listen: 127.0.0.1:8091 is taken by listen; "
        "give each its own port, such as 127.0.0.1:8092"
    ),
    "workers: [{pool: a, command: sleep 5}]": (
        "medic.yml:1: workers[0].command: 'sleep 5' is not a list; write [one, two], or a line with - for each"
    ),
    "workers: [{pool: a, command: []}]": "medic.yml:1: workers[0].command: is empty; write at least one entry",
    "workers: [{pool: a, command: [sleep, 5]}]": (
        "medic.yml:1: workers[0].command[1]: '5' is not text; put it in quotes"
    ),
    "workers: [{pool: a, command: [x], count: -1}]": (
        "medic.yml:1: workers[0].count: '-1' is too small; write at least 0"
    ),
    "workers: [{pool: a, command: [x], count: 1001}]": (
        "medic.yml:1: workers[0].count: '1001' is too large; write at most 1000"
    ),
    "workers: [{pool: a, command: [x], max_rss: 1GiB}]": (
        "medic.yml:1: workers[0].max_rss: not supported yet by this version; remove this key"
    ),
    "workers: [{pool: a, command: [x], env: {PORT: 80}}]": (
        "medic.yml:1: workers[0].env.PORT: is not text; put it in quotes"
    ),
    "workers: [{pool: a, command: [x], after: [queue:b]}]": (
        "medic.yml:1: workers[0].after[0]: there is no queue 'b'; declare a queue first"
    ),
    "workers: [{pool: a, command: [x], after: [job:b]}]": (
        "medic.yml:1: workers[0].after[0]: job:b cannot stand here; name one of the kinds pool, queue"
    ),
    "workers: [{pool: a, command: [x], after: [b]}]": (
        "medic.yml:1: workers[0].after[0]: 'b' is not a target; write KIND:NAME, such as queue:default or pool:rpa"
    ),
    "workers: [{pool: a, command: [x], after: ['pool:a']}]": (
        "medic.yml:1: workers[0].after: waits for itself: pool:a after pool:a; take one of these out"
    ),
    "workers: [{pool: queue-server, command: [x]}]": (
        "medic.yml:1: workers[0].pool: 'queue-server' is the name of Medic's own pool; choose another name"
    ),
    "workers:\n- {pool: a, command: [x]}\n- {pool: a, command: [y]}": (
        "medic.yml:3: workers[1].pool: 'a' stands at workers[0].pool already; give each its own name"
    ),
    "targets: {units: [a.service, a.service]}": (
        "medic.yml:1: targets.units[1]: 'a.service' stands at targets.units[0] already; give each its own name"
    ),
    "jobs: [{name: a, run: [x]}]": 'medic.yml:1: jobs[0]: is never due; write one of every: 10m and at: "02:30"',
    "jobs: [{name: a, every: 5m}]": "medic.yml:1: jobs[0]: runs nothing; write run: [python, etl.py]",
    "jobs: [{name: a, every: 5m, at: '1:00', run: [x]}]": (
        "medic.yml:1: jobs[0].at: given beside every; keep exactly one of every and at"
    ),
    "jobs: [{name: a, every: 10ms, run: [x]}]": "medic.yml:1: jobs[0].every: '10ms' is too short; write at least 1s",
    "jobs: [{name: a, at: 25:00, run: [x]}]": (
        "medic.yml:1: jobs[0].at: '25:00' is not a time of day; write it as \"02:30\", from 00:00 to 23:59"
    ),
    "jobs: [{name: a, at: 2:30, timezone: Mars, run: [x]}]": (
        "medic.yml:1: jobs[0].timezone: 'Mars' is not a time zone; write its name, such as Europe/Berlin or UTC"
    ),
    "jobs: [{name: a, every: 5m, timezone: UTC, run: [x]}]": (
        "medic.yml:1: jobs[0].timezone: has no meaning for every; remove it, or use at"
    ),
    "jobs: [{name: a, cron: '* * * * *', run: [x]}]": (
        "medic.yml:1: jobs[0].cron: not supported yet by this version; remove this key"
    ),
    "jobs: [{name: a, on: alert, run: [x]}]": (
        "medic.yml:1: jobs[0].on: not supported yet by this version; remove this key"
    ),
    "jobs: [{name: a, every: 5m, run: [x], after: [b]}]": (
        "medic.yml:1: jobs[0].after[0]: there is no job 'b'; name one of a, canary, health-check, report"
    ),
    "jobs:\n- {name: b, every: 5m, run: [x], after: [a]}\n- {name: a, every: 5m, run: [x], after: [b]}": (
        "medic.yml:3: jobs[1].after: waits for itself: a after b after a; take one of these out"
    ),
    "jobs: [{name: a, every: 5m, run: [x], priority: 101}]": (
        "medic.yml:1: jobs[0].priority: '101' is too large; write at most 100"
    ),
    REMEDY.format(target="pool:nope", do="{restart: {}}"): (
        "medic.yml:4: remedies[0].target: there is no pool 'nope'; declare a pool first"
    ),
    REMEDY.format(
        target="rpa", do="{notify: {}}"
    ): f"medic.yml:4: remedies[0].target: 'rpa' is not a target: {NO_TARGET}",
    REMEDY.format(target="unit:x", do="{notify: {}}"): (
        "medic.yml:4: remedies[0].target: unit:x is not declared; add it: targets: {units: [x]}"
    ),
    REMEDY.format(target="probe:x", do="{notify: {}}"): (
        "medic.yml:4: remedies[0].target: there is no probe 'x'; declare a probe first"
    ),
    REMEDY.format(target="host", do="{restart: {}}"): (
        "medic.yml:5: remedies[0].do: cannot restart host; use command: {argv: [...]} for what is not a pool"
    ),
    REMEDY.format(target="host", do="{}"): (
        "medic.yml:5: remedies[0].do[0]: holds no action; "
        "write exactly one of restart, command, notify; several make a list, a ladder"
    ),
    REMEDY.format(target="host", do="{notify: {}, command: {argv: [x]}}"): (
        "medic.yml:5: remedies[0].do[0]: holds command and notify; "
        "write exactly one of restart, command, notify; several make a list, a ladder"
    ),
    REMEDY.format(target="host", do="{comand: {argv: [x]}, notify: {}}"): (
        "medic.yml:5: remedies[0].do[0].comand: unknown key; did you mean command?"
    ),
    REMEDY.format(target="host", do="[]"): "medic.yml:5: remedies[0].do: is empty; write at least one entry",
    REMEDY.format(target="host", do="{command: {argv: [x, 'a{{ labels.x }}']}}"): (
        "medic.yml:5: remedies[0].do[0].command.argv[1]: 'a{{ labels.x }}': an argument is a literal or exactly one "
        "{{ ... }}; split it into two arguments"
    ),
    REMEDY.format(target="'pool:{{ nonsense }}'", do="{restart: {}}"): (
        "medic.yml:4: remedies[0].target: 'pool:{{ nonsense }}': write {{ labels.NAME }}, {{ target }} or "
        "{{ target.name }} between braces"
    ),
    "remedies: [{name: worker-exit, match: ['a=b'], target: host, do: {notify: {}}}]": (
        "medic.yml:1: remedies[0].name: 'worker-exit' is the name of Medic's own remedy; choose another name"
    ),
    "remedies: [{name: a, match: [], target: host, do: {notify: {}}}]": (
        "medic.yml:1: remedies[0].match: is empty; write at least one entry"
    ),
    "remedies: [{name: a, match: ['a b'], target: host, do: {notify: {}}}]": (
        "medic.yml:1: remedies[0].match[0]: 'a b' is not a matcher: "
        'write NAME="VALUE", or with != =~ !~ (alertname="QueueStalled")'
    ),
    "notify: [{}]": "medic.yml:1: notify[0].url: is missing; add url: ...",
    "notify: [{url: '${NONE}'}]": (
        "medic.yml:1: notify[0].url: the environment variable NONE is not set; set it, or write ${NONE:-default}"
    ),
    "notify: [{url: '${a b}'}]": (
        "medic.yml:1: notify[0].url: ${a b} names no variable; write ${NAME}, or $${a b} for that text itself"
    ),
    "notify: [{url: a, url_file: b}]": "medic.yml:1: notify[0].url_file: given beside url; keep one of the two",
    "notify: [{url_file: none}]": (
        "medic.yml:1: notify[0].url_file: cannot be read (No such file or directory); "
        "name a file that Medic's user can read"
    ),
    "collectors: {gpu: {expected: -1}}": "medic.yml:1: collectors.gpu.expected: '-1' is too small; write at least 0",
    "healing:\n  budget: {per_hour: 1}": (
        "medic.yml:2: healing.budget: not supported yet by this version; remove this key"
    ),
    "[a, b]": "medic.yml:1: is not a mapping; write key: value lines, or {} for the defaults",
    "text": "medic.yml:1: 'text' is not a mapping; write key: value lines, or {} for the defaults",
}


@pytest.mark.parametrize(("text", "message"), CASES.items())
def test_a_mistake_is_told_with_its_line_and_what_to_write(text, message):
    assert wrong(text) == [message]


@pytest.mark.parametrize("name", ["[]", "{}", "5"])
def test_a_job_whose_name_is_no_text_is_a_mistake_like_any_other(name):
    assert any("jobs[0].name" in line for line in wrong(f"jobs: [{{name: {name}, every: 1h}}]"))


def test_every_mistake_is_told_at_once_in_the_order_of_lines():
    text = """\
interval: 15
queues:
  - {name: Default}
workers:
  - pool: rpa
    cuont: 3
    command: [x]
    after: [queue:elsewhere]
jobs:
  - {name: a, every: 1h, run: [x], after: [b]}
healing: {mode: perhaps}
"""
    places = [line.split(": ")[:2] for line in wrong(text)]
    assert places == [
        ["medic.yml:1", "interval"],
        ["medic.yml:3", "queues[0].name"],
        ["medic.yml:6", "workers[0].cuont"],
        ["medic.yml:8", "workers[0].after[0]"],
        ["medic.yml:10", "jobs[0].after[0]"],
        ["medic.yml:11", "healing.mode"],
    ]


def test_a_reference_to_a_section_that_is_wrong_elsewhere_is_no_second_mistake():
    text = "queues: [{name: a, lease: soon}]\nworkers: [{pool: p, command: [x], after: [queue:a]}]"
    assert [line.split(": ")[1] for line in wrong(text)] == ["queues[0].lease"]


@pytest.mark.parametrize(
    "text",
    [
        "notify: [{url: 5, secret: x}]",
        "queues: [{name: a, backend: http, url: 'user:hunter2@host'}]",
        "workers: [{pool: a, command: [x], env: {KEY: 5}}]",
        "interval: ${KEY}",
        "remedies: [{name: r, match: ['${KEY}'], target: '${KEY}', do: {command: {argv: [x, 'a{{ ${KEY}']}}}]",
        "rules: {files: ['${KEY}.yml']}",
        "queues: [{name: '${KEY}'}, {name: '${KEY}'}]",
        "listen: ${KEY}",
        "workers: [{pool: '${KEY}', command: [x], count: '${KEY}'}]",
    ],
)
def test_no_message_repeats_a_secret(text):
    messages = wrong(text, KEY="hunter2")
    assert messages
    assert not any("hunter2" in message for message in messages)
