"""A house that really stands, on a folder of the test's own, and a client at its door; no daemon, no loops."""

import io
import json
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass

import yaml
from aiohttp.test_utils import TestClient, TestServer

from medic.app.house import House
from medic.app.settings import load
from medic.app.state import State, prepare, token
from medic.app.web import application
from medic.app.wiring import furnish
from medic.core.clock import SystemClock

SLEEPER = [sys.executable, "-S", "-c", "import signal; signal.pause()"]
REMEDY = {
    "name": "note",
    "match": ['alertname="Broken"'],
    "target": "unit:{{ labels.unit }}",
    "do": {"command": {"argv": ["true"]}},
    "mode": "auto",
    "grace": "0s",
    "verify": {"within": "1m", "stable": "0s"},
}
CONFIGURATION = {
    "listen": "127.0.0.1:0",
    "interval": "1s",
    "workers": [{"pool": "pair", "command": SLEEPER, "count": 2}],
    "targets": {"units": ["demo.service"]},
    "rules": {"defaults": False, "files": ["rules/*.yml"]},
    "jobs": [
        {"name": "canary", "enabled": False},
        {"name": "good", "every": "365d", "run": ["true"], "missed": "none"},
    ],
    "remedies": [REMEDY],
    "healing": {"rest": "0s"},
}


@dataclass
class Door:
    """The house and its web, asked as a client asks."""

    house: House
    client: TestClient
    token: str

    async def get(self, path, **headers):
        """Return status and body: decoded where it is JSON, else as text."""
        return await self.ask("GET", path, headers=headers)

    async def post(self, path, body=None, **headers):
        """Order something with the token; *body* is JSON, or bytes as they are."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        data = None if data is None else io.BytesIO(data)  # aiohttp frowns on large bytes
        return await self.ask("POST", path, data=data, headers={"Authorization": f"Bearer {self.token}", **headers})

    async def ask(self, method, path, **options):
        async with self.client.request(method, path, **options) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if answer.content_type == "application/json" else text

    async def settle(self):
        """Have the healer take in, decide and act until nothing is left to do."""
        for _ in range(20):
            acts = await self.house.healer.step()
            for act in acts:
                await self.house.healer.carry_out(act)
            if not acts:
                return
        raise AssertionError("the healer acts without end")


def write(folder, **changes):
    """Write the configuration, changed as told, and return its file."""
    folder.mkdir(exist_ok=True)
    file = folder / "medic.yml"
    file.write_text(yaml.safe_dump({**CONFIGURATION, **changes}))
    return file


def write_rules(folder, text):
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    (folder / "rules" / "own.yml").write_text(text)


@asynccontextmanager
async def open_door(folder, *, loopback=True, **changes):
    """Furnish a house on *folder* and open its web on a free port; its workers are ended with it."""
    settings = load(write(folder, **changes), state=folder / "state", variables={})
    prepare(State(settings.state))
    async with furnish(settings, SystemClock()) as house:
        site = application.build(house, token(house.state), loopback=loopback)
        async with TestClient(TestServer(site)) as client:
            try:
                yield Door(house, client, token(house.state))
            finally:
                await house.supervisor.end(keep=False)
