"""The pages for people tell the same truth as the API, in every state, and let nothing of a label through as HTML."""

import asyncio
import html
import re

from medic.app.views import SHOWN
from rhythm.reports.facts import Facts
from rhythm.reports.files import write_report
from rhythm.reports.summary import summarize
from tests.app.web.living import open_door, write_rules
from tests.app.web.test_webhook import alert, body

HOSTILE = """<script>alert("1")</script>&'\\"{{ 7 * 7 }}"""
RULES = """
groups:
  - name: own
    rules:
      - alert: Always
        expr: vector(1)
        labels: {severity: critical, what: '<b>bold</b>'}
      - alert: Soon
        expr: vector(1)
        for: 1h
        annotations: {summary: 'it <i>comes</i>'}
"""


def visible(page):
    """Return what a reader sees: no markup, entities resolved, white space folded."""
    text = re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(text).split())


async def page_and_status(door):
    status, page = await door.get("/")
    assert status == 200
    return page, (await door.get("/api/v1/status"))[1]


def check_same_truth(page, found):
    text = visible(page)
    assert ("Not well" in text) is (not found["healthy"])
    for problem in found["problems"]:
        assert " ".join(problem.split()) in text
    for each in found["alerts"]:
        assert each["labels"]["alertname"] in text
    for each in (*found["episodes"], *found["attempts"]):
        assert each["target"] in text
        assert each["remedy"] in text
    for pool in found["pools"]:
        assert f"{pool['pool']} {pool['running']} of {pool['expected']}" in text
        assert all(f"pid {worker['pid']}" in text for worker in pool["workers"] if worker["pid"])
    for pause in found["pauses"]:
        assert pause["why"] in text
    for notice in found["notices"]:
        assert notice["title"] in text
    assert all(job["job"] in text for job in found["jobs"])


async def test_a_house_where_nothing_happened_yet_has_a_page_that_says_so(door):
    page, found = await page_and_status(door)
    check_same_truth(page, found)
    assert "nothing was measured yet" in visible(page)
    assert "No alert is active" in visible(page)


async def test_a_house_that_is_well_says_so(tmp_path):
    async with open_door(tmp_path) as door:
        await door.post("/api/v1/workers/ensure")
        await door.house.ticker.tick()
        page, found = await page_and_status(door)
    assert found["healthy"] is True
    check_same_truth(page, found)


async def test_alerts_episodes_attempts_pauses_notices_and_jobs_show_as_the_api_tells_them(tmp_path):
    write_rules(tmp_path, RULES)
    remedy = {
        "name": "fail",
        "match": ['alertname="Broken"'],
        "target": "unit:demo.service",
        "do": {"command": {"argv": ["sh", "-c", "echo no <luck>; exit 3"]}},
        "mode": "auto",
        "grace": "0s",
    }
    async with open_door(tmp_path, remedies=[remedy]) as door:
        await door.house.ticker.tick()
        await door.post("/api/v1/webhook/alertmanager", body(alert()))
        await door.settle()
        await door.house.healer.tell("a <title>", "a body", key="k")
        await door.post("/api/v1/pause", {"target": "pool:pair", "for_seconds": 60, "why": "because <so>"})
        page, found = await page_and_status(door)
    assert {each["state"] for each in found["alerts"]} == {"pending", "firing"}
    assert [each["succeeded"] for each in found["attempts"]] == [False]
    assert len(found["episodes"]) == len(found["pauses"]) == len(found["notices"]) == 1
    check_same_truth(page, found)
    for raw in ("<b>bold", "<i>comes", "<luck>", "<title>a", "a <title>", "because <so>"):
        assert raw not in page
    assert "it <i>comes</i>" in visible(page)


async def test_of_a_storm_of_alerts_the_firing_ones_are_shown_and_the_rest_is_counted(tmp_path):
    soft = "\n".join(f"      - {{alert: Soft{number}, expr: 'vector(1)', for: 1h}}" for number in range(SHOWN))
    rules = f"groups:\n  - name: storm\n    rules:\n{soft}\n      - {{alert: Hard, expr: 'vector(1)'}}\n"
    write_rules(tmp_path, rules)
    async with open_door(tmp_path) as door:
        await door.house.ticker.tick()
        page, found = await page_and_status(door)
    assert (len(found["alerts"]), found["alert_count"]) == (SHOWN, SHOWN + 1)
    assert found["alerts"][0]["labels"]["alertname"] == "Hard"
    assert "1 more are not shown" in visible(page)


async def test_on_a_narrow_screen_each_cell_can_say_what_its_column_is(tmp_path):
    async with open_door(tmp_path) as door:
        await door.house.healer.tell("a title", "a body", key="k")
        await door.post("/api/v1/pause", {"for_seconds": 60, "why": "x"})
        page, _ = await page_and_status(door)
    tables = re.findall(r"<thead><tr>(.*?)</tr></thead>\n<tbody>(.*?)</tbody>", page, re.DOTALL)
    assert len(tables) >= 4
    for heads, rows in tables:
        named = [head for head in re.findall(r"<th[^>]*>(.*?)</th>", heads) if head]
        for row in re.findall(r"<tr>(.*?)</tr>", rows, re.DOTALL):
            assert re.findall(r'<td[^>]*data-head="([^"]*)"', row) == named


async def test_a_hostile_label_is_text_on_the_page_and_whole_in_the_api(tmp_path):
    async with open_door(tmp_path) as door:
        labels = {"alertname": "Broken", "unit": "demo.service", "x": HOSTILE}
        await door.post("/api/v1/webhook/alertmanager", body(alert(labels=labels)))
        await door.post("/api/v1/pause", {"for_seconds": 60, "why": HOSTILE})
        await door.settle()
        page, found = await page_and_status(door)
    assert found["pauses"][0]["why"] == HOSTILE
    assert "<script>" not in page
    assert html.escape(HOSTILE, quote=False).split('"')[0] in page
    assert HOSTILE in html.unescape(page)


async def test_the_file_that_pauses_is_told_as_the_reason(door):
    door.house.state.paused.touch()
    await door.house.ticker.tick()
    page, found = await page_and_status(door)
    assert found["paused_by_file"] is True
    assert "paused by the file PAUSED" in visible(page)
    check_same_truth(page, found)


async def test_an_alert_without_a_summary_has_a_page(tmp_path):
    write_rules(tmp_path, "groups: [{name: own, rules: [{alert: Bare, expr: vector(1)}]}]")
    async with open_door(tmp_path) as door:
        await door.house.ticker.tick()
        page, found = await page_and_status(door)
    check_same_truth(page, found)


async def test_reports_are_listed_and_shown(door):
    assert (await door.get("/reports/"))[0] == 404
    now = door.house.clock.now()
    written = write_report(summarize(Facts("host", now, now), now), door.house.state.reports, now - now)
    status, index = await door.get("/reports/")
    assert status == 200
    assert written.name in index
    status, page = await door.get(f"/reports/{written.name}")
    assert status == 200
    assert page == written.read_text()
    assert (await door.get("/reports/latest.md"))[0] == 200


async def test_no_path_leads_out_of_the_folder_of_reports(door):
    (door.house.state.reports).mkdir()
    (door.house.state.reports / ".hidden").write_text("secret")
    for path in (
        "../token",
        "..%2ftoken",
        "%2e%2e/token",
        "%2e%2e%2ftoken",
        "..",
        "....//token",
        "..%5ctoken",
        "%00",
        "/etc/passwd",
        ".hidden",
        "%2ehidden",
        "a/../../token",
    ):
        status, found = await raw(door, f"/reports/{path}")
        assert status in {400, 403, 404}, path
        assert door.token not in found
        assert "secret" not in found


async def raw(door, path):
    """Ask for exactly this path: clients tidy it up before they send it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", door.client.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    answer = (await asyncio.wait_for(reader.read(), 10)).decode()
    writer.close()
    await writer.wait_closed()
    return int(answer.split()[1]), answer
