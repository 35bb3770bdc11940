"""The alert rules, as Prometheus reads them, over metrics that exist."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.exposed_metrics import finds_something, selectors_in, unknown_words
from tests.support.promtool import PROGRAM, promtool

FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"] for rule in group["rules"]
]
TESTS: list[dict[str, Any]] = [
    case
    for test in yaml.safe_load((FOLDER / "alerts_test.yaml").read_text())["tests"]
    for case in test["alert_rule_test"]
]

needs_promtool = pytest.mark.skipif(PROGRAM is None, reason="needs promtool: apt-get install prometheus")


@needs_promtool
def test_prometheus_takes_the_rules() -> None:
    assert f"{len(RULES)} rules found" in promtool("check", "rules", "alerts.yaml", folder=FOLDER)


@needs_promtool
def test_each_alert_fires_when_it_should_and_only_then() -> None:
    assert "SUCCESS" in promtool("test", "rules", "alerts_test.yaml", folder=FOLDER)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_has_a_case_that_fires_and_one_that_stays_quiet(rule: dict[str, Any]) -> None:
    fires = {bool(case["exp_alerts"]) for case in TESTS if case["alertname"] == rule["alert"]}

    assert fires == {True, False}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_looks_at_metrics_and_labels_that_exist(rule: dict[str, Any]) -> None:
    selectors = selectors_in(rule["expr"])

    assert selectors or rule["expr"].startswith("up{")
    assert [each for each in selectors if not finds_something(each)] == []
    assert [word for each in selectors for word in unknown_words(each)] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_how_urgent_it_is_and_what_it_means(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert set(rule["annotations"]) == {"summary", "description"}
