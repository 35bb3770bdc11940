"""Who may import whom: the rules as a table, walked over every module."""

import ast
import sys
from pathlib import Path

import pytest

APP = Path(__file__).parent.parent / "app"

RULES = [
    # part, what of `app` it may import (beside itself), what third parties it may import
    pytest.param("domain", set(), set(), id="domain is pure: nobody else, nothing foreign"),
    pytest.param("adapters", {"domain"}, None, id="an adapter knows the rules and its own library"),
    pytest.param(
        "web",
        {"domain", "completions", "configuring", "intake", "services", "__init__"},
        {"fastapi", "pydantic", "starlette", "structlog"},
        id="the web gets wired objects and knows no adapter",
    ),
    pytest.param(
        "demo",
        {"domain", "settings", "serving", "web"},
        {"httpx", "starlette", "trustme", "uvicorn"},
        id="the demo runs the real thing",
    ),
    pytest.param("enrichment", {"domain"}, set(), id="the story knows the rules only"),
    pytest.param("completions", {"domain"}, set(), id="waiting knows the rules only"),
    pytest.param("intake", {"domain", "completions"}, set(), id="taking in knows who waits, and no run"),
    pytest.param("working", {"domain", "enrichment"}, set(), id="a worker knows the story, and nobody who waits"),
    pytest.param("delivering", {"domain"}, set(), id="delivering knows the rules only"),
    pytest.param("tending", {"domain"}, set(), id="tending knows the rules only"),
    pytest.param("resealing", {"domain"}, set(), id="resealing knows the rules only"),
    pytest.param("retention", {"domain"}, set(), id="retention knows the rules only"),
    pytest.param("draining", set(), set(), id="draining knows nobody"),
    pytest.param("access", {"domain"}, set(), id="rights know the rules only"),
    pytest.param("activity", {"domain", "access"}, set(), id="activity asks for the rights"),
    pytest.param("auditing", {"domain", "access"}, set(), id="the trail asks for the rights"),
    pytest.param("configuring", {"domain", "access"}, set(), id="configuring asks for the rights"),
    pytest.param("trial", {"domain", "configuring", "enrichment", "working"}, set(), id="a test is a run"),
    pytest.param(
        "services",
        {
            "domain",
            "access",
            "activity",
            "auditing",
            "completions",
            "configuring",
            "draining",
            "intake",
            "trial",
            "working",
        },
        set(),
        id="services name no adapter",
    ),
    pytest.param("checking", {"domain"}, {"rich"}, id="a check knows the rules of a look-up, and no adapter"),
    pytest.param(
        "evaluation",
        {"domain", "enrichment"},
        {"pydantic", "rich", "yaml"},
        id="an evaluation knows the rules, and any AI",
    ),
    pytest.param(
        "pytest_plugin", {"checking", "domain", "settings", "wiring"}, {"pytest"}, id="the check as tests of an owner"
    ),
    pytest.param("status_report", {"domain"}, set(), id="a report knows the figures only"),
    pytest.param("setting_values", set(), {"pydantic"}, id="values know nobody"),
    pytest.param("settings", {"setting_values"}, {"pydantic", "pydantic_settings"}, id="settings know their values"),
    pytest.param(
        "cli",
        {"checking", "demo", "domain", "evaluation", "serving", "settings", "status_report", "wiring"},
        {"httpx", "rich", "typer"},
        id="the command line",
    ),
    pytest.param(
        "serving", {"domain", "draining", "services", "settings", "web", "wiring"}, {"fastapi", "uvicorn"}, id="serving"
    ),
]
CLOCKS_AND_WORLD = {
    "asyncio",
    "os",
    "random",
    "socket",
    "subprocess",
    "threading",
    "time",
    "uuid",
    "secrets",
    "logging",
}


def modules(part: str) -> list[Path]:
    found = sorted((APP / part).rglob("*.py")) if (APP / part).is_dir() else [APP / f"{part}.py"]
    assert found, part
    return found


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            package = node.module or ""
            names |= (
                {f"{package}.{alias.name}" for alias in node.names} if package in ("app", "app.domain") else {package}
            )
    return names


def parts_of_app(path: Path) -> set[str]:
    own = [name.split(".") for name in imports(path) if name.split(".")[0] == "app"]
    return {parts[1] if (APP / parts[1]).is_dir() or (APP / f"{parts[1]}.py").exists() else "__init__" for parts in own}


def third_parties(path: Path) -> set[str]:
    roots = {name.split(".")[0] for name in imports(path)}
    return {root for root in roots if root != "app" and root not in sys.stdlib_module_names}


@pytest.mark.parametrize(("part", "of_app", "foreign"), RULES)
def test_part_imports_only_what_its_rule_allows(part: str, of_app: set[str], foreign: set[str] | None) -> None:
    for path in modules(part):
        assert parts_of_app(path) - {part} <= of_app, path
        assert foreign is None or third_parties(path) <= foreign, path


def test_every_part_has_a_rule() -> None:
    parts = {path.stem for path in APP.iterdir() if path.is_dir() or path.suffix == ".py"} - {"__pycache__"}
    free = {"__init__", "__main__", "wiring"}  # wiring knows everybody: that is its purpose
    assert {rule.values[0] for rule in RULES} == parts - free


def test_domain_touches_no_clock_environment_or_network() -> None:
    for path in modules("domain"):
        assert not imports(path) & CLOCKS_AND_WORLD, path
        assert not [
            n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.AsyncFunctionDef | ast.Await)
        ], path


def test_domain_has_no_circle() -> None:
    graph = {
        path.stem: {name.split(".")[2] for name in imports(path) if name.startswith("app.domain.")}
        for path in modules("domain")
    }
    settled: set[str] = set()
    while graph.keys() - settled:
        ready = {name for name in graph.keys() - settled if graph[name] <= settled}
        assert ready, f"a circle among {sorted(graph.keys() - settled)}"
        settled |= ready


def test_each_third_party_has_few_homes() -> None:
    homes = {
        "anthropic": {"claude"},
        "asyncpg": {"database", "embedded_postgres", "migrations"},
        "cryptography": {"vault"},
        "h11": {"network"},
        "opentelemetry": {"tracing"},
        "pgqueuer": {"queue"},
        "prometheus_client": {"metrics"},
        "standardwebhooks": {"webhook"},
        "alembic": {"migrations"},
    }
    for path in sorted(APP.rglob("*.py")):
        for root in third_parties(path) & homes.keys():
            assert path.stem in homes[root], f"{path}: {root}"


def test_modules_and_functions_stay_small() -> None:
    for path in sorted(APP.rglob("*.py")):
        text = path.read_text()
        assert text.count("\n") <= 300, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 60, f"{path}: {node.name}"
                inner = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
                assert not inner, f"{path}: {node.name} imports"


def test_no_file_has_a_name_that_says_nothing() -> None:
    empty_names = {"utils", "helpers", "common", "core", "manager", "managers", "misc"}
    assert not [path for path in APP.rglob("*") if path.stem in empty_names]
