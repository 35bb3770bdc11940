"""docs/operations.md is held to the code: every setting, metric, log event and alert stands in it, and no other."""

import ast
import re
from pathlib import Path

import pytest
import yaml

from app.adapters.postgres.tables import metadata
from app.settings.loading import variable_of
from app.settings.service_settings import Settings
from tests.support.exposed_metrics import families

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def section(heading: str) -> str:
    return PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def first_cells(heading: str) -> list[str]:
    """Return what the rows of a section's table are about."""
    return re.findall(r"^\| `(\w+)` \|", section(heading), re.MULTILINE)


def events() -> dict[str, str]:
    """Return every event that the code logs, by its name as it stands there, with the place."""
    found = {}
    for path in sorted([*(ROOT / "app").rglob("*.py"), *(ROOT / "support_context").rglob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _is_logging(node.func):
                assert node.args, f"{path.name}:{node.lineno}: a log line without an event"
                name = node.args[0]
                where = f"{path.name}:{node.lineno}"
                assert isinstance(name, ast.Constant), f"{where}: an event is a literal, so that it can be looked up"
                found[str(name.value)] = where
    return found


def _is_logging(function: ast.expr) -> bool:
    if not (isinstance(function, ast.Attribute) and function.attr in LEVELS):
        return False
    owner = function.value
    return isinstance(owner, ast.Call) and ast.unparse(owner.func).endswith(("get_logger", "getLogger"))


def test_every_setting_says_when_to_touch_it() -> None:
    wanted, found = {variable_of(name) for name in Settings.model_fields}, first_cells("Settings")

    assert not wanted - set(found), f"docs/operations.md, Settings: add a row for {sorted(wanted - set(found))}"
    assert not set(found) - wanted, f"docs/operations.md, Settings: no such setting {sorted(set(found) - wanted)}"
    assert len(found) == len(set(found))


def test_every_metric_is_explained() -> None:
    wanted, found = set(families()), first_cells("Metrics")

    assert not wanted - set(found), f"docs/operations.md, Metrics: add a row for {sorted(wanted - set(found))}"
    assert not set(found) - wanted, f"docs/operations.md, Metrics: no such metric {sorted(set(found) - wanted)}"
    assert len(found) == len(set(found))


def test_every_log_event_says_what_to_do() -> None:
    logged, found = events(), first_cells("Log events")
    missing = {f"{name} ({logged[name]})" for name in logged.keys() - set(found)}

    assert not missing, f"docs/operations.md, Log events: add a row for {sorted(missing)}"
    assert not set(found) - logged.keys(), f"docs/operations.md: nobody logs {sorted(set(found) - logged.keys())}"
    assert len(found) == len(set(found))


@pytest.mark.parametrize("event", events())
def test_an_event_is_a_name_and_no_sentence(event: str) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", event)


def test_every_alert_says_what_to_do() -> None:
    rules = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text("utf-8"))
    wanted = [rule["alert"] for group in rules["groups"] for rule in group["rules"]]
    found = re.findall(r"^### (\w+)$", section("Alerts"), re.MULTILINE)

    assert found == wanted, "docs/operations.md, Alerts: a heading for each alert, in the order of alerts.yaml"


def test_every_link_leads_somewhere() -> None:
    anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.+)", PAGE, re.M)}
    links = re.findall(r"\]\(([^)]+)\)", PAGE)
    files = {link.partition("#")[0] for link in links if "://" not in link and not link.startswith("#")}

    assert [file for file in files if not (ROOT / "docs" / file).exists()] == []
    assert [link for link in links if link.startswith("#") and link[1:] not in anchors] == []


def test_every_table_of_the_database_is_in_the_list_of_what_is_stored() -> None:
    listed = (ROOT / "docs" / "data.md").read_text("utf-8").split("\n## ")[0]
    named = set(re.findall(r"`(\w+)[.`]", listed))

    assert not metadata.tables.keys() - named, f"docs/data.md: add a row for {sorted(metadata.tables.keys() - named)}"


def test_only_tests_are_named_that_exist() -> None:
    named = re.findall(r"`((?:app|tests|deploy)/[\w/.]+)`", PAGE)

    assert [name for name in named if not (ROOT / name).exists()] == []
