"""The Grafana dashboard: every metric is shown, every query could find something, and Prometheus can read it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.exposed_metrics import families, finds_something, selectors_in, unknown_words
from tests.support.promtool import PROGRAM, promtool

DASHBOARD: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "deploy" / "grafana" / "customer-context.json").read_text()
)
PANELS: list[dict[str, Any]] = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [target["expr"] for panel in PANELS for target in panel["targets"]]


def test_every_metric_is_on_the_dashboard() -> None:
    shown = {re.sub(r"_(bucket|sum|count)$", "", each.name) for query in QUERIES for each in selectors_in(query)}

    missing = set(families()) - shown
    assert not missing, f"add a panel for {sorted(missing)} to deploy/grafana/customer-context.json"


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_looks_at_metrics_and_labels_that_exist(query: str) -> None:
    selectors = selectors_in(query)

    assert selectors
    assert [each for each in selectors if not finds_something(each)] == []
    assert [word for each in selectors for word in unknown_words(each)] == []


@pytest.mark.skipif(PROGRAM is None, reason="needs promtool: apt-get install prometheus")
def test_prometheus_can_read_every_query(tmp_path: Path) -> None:
    # As Grafana fills them in, and as rules, since the tool reads those only.
    filled = [query.replace("$__rate_interval", "1m").replace("$instance", ".*") for query in QUERIES]
    rules = [{"record": f"query_{number}", "expr": query} for number, query in enumerate(filled)]
    (tmp_path / "queries.yaml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))

    assert f"{len(QUERIES)} rules found" in promtool("check", "rules", "queries.yaml", folder=tmp_path)


def test_panels_have_ids_of_their_own_and_lie_beside_each_other() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    taken = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len(set(ids)) == len(ids)
    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < 24  # Grafana's columns


def test_every_panel_asks_the_data_source_that_is_chosen() -> None:
    assert {panel["datasource"]["uid"] for panel in PANELS} == {"${datasource}"}
    assert [variable["name"] for variable in DASHBOARD["templating"]["list"]] == ["datasource", "instance"]
