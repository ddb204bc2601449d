import json
from importlib import resources

import promql_parser
import pytest
import yaml

from tests.grafana.contract import promised

FOLDER = resources.files("grafana")
(FILE,) = [entry for entry in (FOLDER / "dashboards").iterdir() if entry.name.endswith(".json")]
BOARD = json.loads(FILE.read_text())
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
MACROS = {"$__rate_interval": "1m", "$__interval": "30s", "$instance": ".*"}


def filled(expression):
    for macro, value in MACROS.items():
        expression = expression.replace(macro, value)
    return expression


def selectors(node):
    """Yield the metric name of every selector in a parsed expression."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node.name
    for part in ("expr", "lhs", "rhs", "vector_selector", "args"):
        inner = getattr(node, part, None)
        for child in inner if isinstance(inner, list) else [inner]:
            if child is not None and not isinstance(child, str):
                yield from selectors(child)


EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel["targets"]] + [
    each["expr"] for each in BOARD["annotations"]["list"]
]


def test_the_walk_finds_the_selectors_of_every_kind_of_expression():
    text = 'sum by (a) (rate(x_total{b="c"}[5m])) / -(y) and on () absent(z offset 5m) or max_over_time(w[5m:1m])'
    assert set(selectors(promql_parser.parse(text))) == {"x_total", "y", "z", "w"}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_expression_parses_and_names_only_what_is_promised(expression):
    names = list(selectors(promql_parser.parse(filled(expression))))
    assert names
    assert [name for name in names if not promised(name)] == []


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_selector_keeps_to_the_chosen_host(expression):
    names = list(selectors(promql_parser.parse(filled(expression))))
    assert expression.count('instance=~"$instance"') == len(names)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_every_panel_says_what_it_shows_and_asks_the_chosen_data_source(panel):
    assert panel["description"].endswith(".")
    assert panel["datasource"]["uid"] == "${datasource}"
    assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
    assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


def test_the_overview_covers_every_part_of_the_house():
    rows = [panel["title"] for panel in BOARD["panels"] if panel["type"] == "row"]
    assert rows == ["At a glance", "Queue", "Workers", "Alerts and healing", "Host"]
    drawn = " ".join(EXPRESSIONS)
    for part in (
        "medic_queue_",
        "medic_worker_",
        "medic_alerts",
        "medic_heal_",
        "medic_job_",
        "node_cpu",
        "node_memory",
    ):
        assert part in drawn


def test_panels_have_ids_of_their_own_and_do_not_overlap():
    ids = [panel["id"] for panel in BOARD["panels"]]
    assert len(set(ids)) == len(ids)
    cells = [
        (x, y)
        for panel in BOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_variables_offer_the_data_source_and_the_host():
    assert [variable["name"] for variable in BOARD["templating"]["list"]] == ["datasource", "instance"]


def test_provisioning_files_are_grafanas():
    sources = yaml.safe_load((FOLDER / "provisioning" / "datasources" / "medic.yml").read_text())
    boards = yaml.safe_load((FOLDER / "provisioning" / "dashboards" / "medic.yml").read_text())
    assert sources["apiVersion"] == boards["apiVersion"] == 1
    assert {source["type"] for source in sources["datasources"]} == {"prometheus"}
    assert [source["name"] for source in sources["datasources"] if source.get("isDefault")] == ["Prometheus"]
    assert [provider["type"] for provider in boards["providers"]] == ["file"]
