"""The landing page: each collector, and where its metrics are."""

from exporter.collector import Collector
from exporter.metrics import families
from medic.app.web.landing import rows
from medic.core.samples import gauge, labels


def collector(name, group, **options):
    return Collector(name, group, list, **options)


def said(name, value, **values):
    return gauge(name, "", *((labels(collector=each), number) for each, number in (values or value).items()))


def test_collectors_stand_by_group_and_name_with_what_the_last_tick_says_of_them():
    given = [collector("stat", "system"), collector("cpu", "system", expose=False), collector("x y", "a")]
    page = [
        said("medic_scrape_collector_success", {"stat": 1, "cpu": 0}),
        said("medic_scrape_collector_duration_seconds", {"stat": 0.25, "cpu": 0.5}),
        said("medic_collector_last_success_timestamp_seconds", {"stat": 1_700_000_000.25}),
        said("other", {"stat": 7}),
    ]
    found = rows(given, page)
    assert [(row.group, row.name) for row in found] == [("a", "x y"), ("system", "cpu"), ("system", "stat")]
    assert [row.state for row in found] == ["", "fails", "works"]
    assert [row.seconds for row in found] == [None, 0.5, 0.25]
    assert [row.succeeded_at for row in found] == ["", "", "2023-11-14T22:13:20.250000+00:00"]
    assert found[0].path == "/metrics?collect%5B%5D=x+y"
    assert [row.exposed for row in found] == [True, False, True]


def test_before_the_first_tick_nothing_is_said_of_them():
    (row,) = rows([collector("cpu", "system")], ())
    assert (row.state, row.seconds, row.succeeded_at) == ("", None, "")


def test_the_names_are_those_that_the_runner_gives():
    assert {family.name for family in families({}, {})} >= {
        "medic_scrape_collector_success",
        "medic_scrape_collector_duration_seconds",
        "medic_collector_last_success_timestamp_seconds",
    }


async def test_the_page_shows_them_and_leads_to_the_rest(door):
    await door.house.ticker.tick()
    _, page = await door.get("/")
    for link in ("/metrics", "/sd/targets", "/api/v1/metadata", "/metrics?collect%5B%5D=loadavg"):
        assert f'href="{link}"' in page
    assert "works" in page
    assert (await door.get("/metrics?collect%5B%5D=loadavg"))[0] == 200
