"""What Celery's workers, kombu's transports and we say to each other: events, commands and tasks. Pure.

Sources: Celery's message protocol 2 (https://docs.celeryq.dev/en/stable/internals/protocol.html), its events
(https://docs.celeryq.dev/en/stable/userguide/monitoring.html#event-reference), and kombu's virtual transport.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from medic.core.queue import Json

EVENTS = "celeryev"
"""The exchange of events."""
CONTROL = "celery.pidbox"
"""The exchange of commands to all workers."""
REPLIES = "reply.celery.pidbox"
SEPARATOR = "\x06\x16"
PRIORITIES = (0, 3, 6, 9)
"""The steps into which kombu sorts priorities, each a list of its own in Redis."""
MEANT = 2**53
"""Beyond this, or NaN, is what no clock and no counter says."""
LONGEST_NAME = 200
"""Characters of a task's, worker's or queue's name; longer ones are cut, and so bounded."""


class Event(NamedTuple):
    """One event; what it does not tell is empty or None."""

    type: str
    """Such as ``task-received``."""
    host: str
    """The worker's node name; of ``task-sent`` the sender's."""
    at: float
    """Seconds since the epoch, on the clock of whoever sent it."""
    task: str = ""
    """The task's id."""
    name: str = ""
    queue: str = ""
    """Told by ``task-sent`` alone."""
    runtime: float | None = None
    """Seconds."""
    retries: int = 0
    delayed: bool = False
    """Whether it is to run no sooner than at a given time."""
    processed: int | None = None
    """Of a worker's heartbeat: how many tasks it has accepted since its start."""


class Answer(NamedTuple):
    """What one worker answers to one command."""

    ticket: str
    host: str
    reply: Json


def events(body: Json) -> Iterator[Event]:
    """Read the events of one message, which holds one or a list; what is none is passed over."""
    for each in body if isinstance(body, list) else [body]:
        if isinstance(each, dict) and (event := _event(each)) is not None:
            yield event


def _event(record: Mapping[str, Json]) -> Event | None:
    type_, at = _text(record, "type"), _number(record, "timestamp")
    if not type_ or at is None:
        return None
    processed, retries = _number(record, "processed"), _number(record, "retries")
    return Event(
        type=type_,
        host=_text(record, "hostname"),
        at=at,
        task=_text(record, "uuid"),
        name=_text(record, "name"),
        queue=_text(record, "queue"),
        runtime=_number(record, "runtime"),
        retries=int(retries or 0),
        delayed=bool(record.get("eta")),
        processed=None if processed is None else int(processed),
    )


def command(method: str, arguments: dict[str, Json], *, ticket: str, oid: str, hosts: list[Json]) -> Json:
    """Write a command to *hosts*, to all workers when empty; they answer to the routing key *oid* under *ticket*."""
    return {
        "method": method,
        "arguments": arguments,
        "destination": hosts or None,
        "pattern": None,
        "matcher": None,
        "ticket": ticket,
        "reply_to": {"exchange": REPLIES, "routing_key": oid},
    }


def answers(ticket: str, body: Json) -> Iterator[Answer]:
    """Read the answer of a worker: its node name and what it says."""
    for host, reply in body.items() if isinstance(body, dict) else ():
        yield Answer(ticket, host[:LONGEST_NAME], reply)


def consumed(reply: Json) -> frozenset[str]:
    """Read the answer to ``active_queues``: the queues that a worker takes tasks from."""
    found = [_text(each, "name") for each in reply if isinstance(each, dict)] if isinstance(reply, list) else []
    return frozenset(name for name in found if name)


def bindings(reply: Json) -> dict[tuple[str, str], str]:
    """Read the answer to ``active_queues`` as what leads to each queue: (exchange, routing key) -> queue."""
    found: dict[tuple[str, str], str] = {}
    for each in reply if isinstance(reply, list) else ():
        if isinstance(each, dict) and (name := _text(each, "name")):
            exchange = each.get("exchange")
            found["", name] = name
            found[_text(exchange, "name") if isinstance(exchange, dict) else "", _text(each, "routing_key")] = name
    return found


def active(reply: Json) -> Iterator[tuple[str, str, str]]:
    """Read the answer to ``active``: id, exchange and routing key of each task that a worker executes."""
    for each in reply if isinstance(reply, list) else ():
        if isinstance(each, dict):
            delivery = each.get("delivery_info")
            way = delivery if isinstance(delivery, dict) else {}
            yield _text(each, "id"), _text(way, "exchange"), _text(way, "routing_key")


class Parcel(NamedTuple):
    """A message as both transports carry it: content, headers and properties."""

    body: bytes
    headers: dict[str, Json]
    properties: dict[str, Json]


def task(name: str, id_: str, *, arguments: list[Json], expires: str, seconds: float, origin: str) -> Parcel:
    """Write a task by message protocol 2; it is not begun after *expires* (ISO 8601), and ends after *seconds*."""
    headers: dict[str, Json] = {
        "lang": "py",
        "task": name,
        "id": id_,
        "root_id": id_,
        "parent_id": None,
        "group": None,
        "eta": None,
        "expires": expires,
        "retries": 0,
        "timelimit": [seconds, None],
        "argsrepr": repr(tuple(arguments)),
        "kwargsrepr": "{}",
        "origin": origin,
        "ignore_result": False,
    }
    embed: Json = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
    body = json.dumps([arguments, {}, embed]).encode()
    return Parcel(body, headers, {"correlation_id": id_, "reply_to": "", "delivery_mode": 2, "priority": 0})


def wrap(parcel: Parcel, exchange: str, key: str, tag: str) -> bytes:
    """Wrap a message as kombu's virtual transports put it into Redis."""
    properties: dict[str, Json] = {
        **parcel.properties,
        "delivery_info": {"exchange": exchange, "routing_key": key},
        "delivery_tag": tag,
        "body_encoding": "base64",
    }
    envelope: Json = {
        "body": base64.b64encode(parcel.body).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": parcel.headers,
        "properties": properties,
    }
    return json.dumps(envelope).encode()


class Unwrapped(NamedTuple):
    """What came out of an envelope of kombu's virtual transports."""

    headers: Mapping[str, Json]
    body: Json
    """None when it is not JSON, as the bodies of some tasks."""


def unwrap(data: bytes) -> Unwrapped:
    """Open an envelope; what is none is as empty as one without headers and body."""
    envelope = decode(data)
    if not isinstance(envelope, dict):
        return Unwrapped({}, None)
    headers = envelope.get("headers")
    return Unwrapped(headers if isinstance(headers, dict) else {}, decode(_content(envelope)))


def decode(data: bytes) -> Json:
    """Read JSON; None for what is none."""
    try:
        decoded: Json = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return decoded


def _content(envelope: Mapping[str, Json]) -> bytes:
    body, properties = envelope.get("body"), envelope.get("properties")
    if not isinstance(body, str):
        return b""
    if isinstance(properties, dict) and properties.get("body_encoding") == "base64":
        try:
            return base64.b64decode(body)
        except ValueError:
            return b""
    return body.encode(errors="replace")


def lists(queue: str) -> list[str]:
    """Name the lists in which Redis holds a queue, one for each step of priority."""
    return [f"{queue}{SEPARATOR}{step}" if step else queue for step in PRIORITIES]


def _text(record: Mapping[str, Json], name: str) -> str:
    value = record.get(name)
    return value[:LONGEST_NAME] if isinstance(value, str) else ""


def _number(record: Mapping[str, Json], name: str) -> float | None:
    value = record.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if abs(value) < MEANT else None
