"""Who may import whom: the rules as a table, walked over every module."""

import ast
import re
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
APP, CONTRACT = ROOT / "app", ROOT / "support_context"

MOST_FILES, MOST_ROOMS, MOST_LINES_OF_SQL, MOST_PROTOCOLS = 20, 14, 30, 10

BORDERS = {
    "CustomerEndpoint": "the network of owners: tests script an endpoint's answers and its pauses",
    "Sender": "the network of the operator: tests script a webhook receiver",
    "Serve": "uvicorn, which blocks until a signal: tests of the demo script it",
}
"""Protocols with one implementation in production: what is behind them is not ours. Any other has two."""
SQL = re.compile(r"^\s*(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|CREATE)\b", re.MULTILINE)

RULES = [
    # part, what of ours it may import (beside itself), what third parties it may import
    pytest.param(
        "support_context",
        set(),
        {"certifi", "httpx", "idna", "pytest", "rich"},
        id="the contract knows nobody here",
    ),
    pytest.param("domain", {"support_context"}, set(), id="domain is pure: the contract, nothing foreign"),
    pytest.param("adapters", {"domain", "support_context"}, None, id="an adapter knows the rules and its own library"),
    pytest.param("mail", {"domain"}, {"turbohtml"}, id="mail is read by a parser and the rules"),
    pytest.param(
        "enrichment", {"domain", "support_context", "thread_pool"}, set(), id="the story knows the rules only"
    ),
    pytest.param(
        "runs",
        {"adapters.postgres", "adapters.vault", "domain", "enrichment", "support_context", "thread_pool"},
        set(),
        id="a ticket's life knows the story and the stores",
    ),
    pytest.param(
        "owners",
        {"adapters.postgres", "adapters.vault", "domain", "enrichment", "runs", "support_context"},
        set(),
        id="an owner's test is a run",
    ),
    pytest.param(
        "web",
        {"domain", "mail", "owners", "runs", "support_context", "thread_pool", "__init__"},
        {"fastapi", "pydantic", "starlette", "structlog", "uvicorn"},
        id="the web gets wired objects and knows no adapter",
    ),
    pytest.param(
        "demo",
        {"domain", "serving", "settings", "support_context", "web"},
        {"httpx", "starlette", "trustme", "uvicorn"},
        id="the demo runs the real thing",
    ),
    pytest.param(
        "evaluation",
        {"domain", "enrichment", "mail", "support_context"},
        {"pydantic", "rich", "yaml"},
        id="an evaluation knows the rules, and any AI",
    ),
    pytest.param("thread_pool", set(), set(), id="work beside the event loop knows nobody"),
    pytest.param(
        "settings",
        {"support_context"},
        {"pydantic", "pydantic_settings"},
        id="settings know their values",
    ),
    pytest.param(
        "cli",
        {
            "__init__",
            "demo",
            "domain",
            "enrichment",
            "evaluation",
            "serving",
            "settings",
            "support_context",
            "wiring",
        },
        {"httpx", "rich", "typer", "yaml"},
        id="the command line",
    ),
    pytest.param(
        "serving",
        {"domain", "runs", "settings", "support_context", "web", "wiring"},
        {"fastapi", "uvicorn"},
        id="serving",
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


WIRED = APP / "web" / "http" / "services.py"
"""The one module of the web that names the classes of wired objects."""


def modules(part: str) -> list[Path]:
    if part == CONTRACT.name:
        return sorted(CONTRACT.rglob("*.py"))
    found = sorted((APP / part).rglob("*.py")) if (APP / part).is_dir() else [APP / f"{part}.py"]
    assert found, part
    return found


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Return every node of a module's syntax tree, read once for all rules."""
    return tuple(ast.walk(ast.parse(path.read_text("utf-8"))))


@cache
def imports(path: Path) -> set[str]:
    names = set()
    for node in nodes_of(path):
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
    names = [name.split(".") for name in imports(path)]
    own = [parts for parts in names if parts[0] == "app"]
    parts = {
        parts[1] if (APP / parts[1]).is_dir() or (APP / f"{parts[1]}.py").exists() else "__init__"
        for parts in own
        if parts[1:2] != ["adapters"]
    }
    parts |= {".".join(parts[1:3]) for parts in own if parts[1:2] == ["adapters"]}
    return parts | {CONTRACT.name for parts in names if parts[0] == CONTRACT.name}


def own_adapter(path: Path) -> str:
    """Return the adapter that a module belongs to, as imports name it; `""` for any other module."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[1:3]) if parts[1:2] == ("adapters",) else ""


def third_parties(path: Path) -> set[str]:
    roots = {name.split(".")[0] for name in imports(path)}
    return {root for root in roots if root not in ("app", CONTRACT.name) and root not in sys.stdlib_module_names}


@pytest.mark.parametrize(("part", "of_app", "foreign"), RULES)
def test_part_imports_only_what_its_rule_allows(part: str, of_app: set[str], foreign: set[str] | None) -> None:
    for path in modules(part):
        foreign_parts = {each for each in parts_of_app(path) - {part} if each != own_adapter(path)}
        if path == WIRED:
            foreign_parts -= {"adapters.postgres", "adapters.telemetry", "enrichment"}
        assert foreign_parts <= of_app, path
        assert foreign is None or third_parties(path) <= foreign, path


def test_every_part_has_a_rule() -> None:
    parts = {path.stem for path in APP.iterdir() if path.is_dir() or path.suffix == ".py"} - {"__pycache__"}
    free = {"__init__", "__main__", "wiring"}  # wiring knows everybody: that is its purpose
    assert {rule.values[0] for rule in RULES} == parts - free | {CONTRACT.name}


def test_domain_touches_no_clock_environment_or_network() -> None:
    for path in modules("domain"):
        assert not imports(path) & CLOCKS_AND_WORLD, path
        assert not [n for n in nodes_of(path) if isinstance(n, ast.AsyncFunctionDef | ast.Await)], path


def test_domain_has_no_circle() -> None:
    names = {".".join(path.relative_to(APP.parent).with_suffix("").parts): path for path in modules("domain")}
    graph = {name: {each for each in imports(path) if each in names} for name, path in names.items()}
    settled: set[str] = set()
    while graph.keys() - settled:
        ready = {name for name in graph.keys() - settled if graph[name] <= settled}
        assert ready, f"a circle among {sorted(graph.keys() - settled)}"
        settled |= ready


def test_each_third_party_has_few_homes() -> None:
    homes = {
        "aiohttp": {"wire"},
        "anthropic": {"clients"},
        "asyncpg": {"connection", "embedded", "migrations", "server"},
        "cryptography": {"vault"},
        "opentelemetry": {"metrics_export", "otlp_tracing"},
        "prometheus_client": {"metrics", "metrics_export"},
        "standardwebhooks": {"webhook"},
        "alembic": {"migrations"},
        "sqlalchemy": {"migrations", "tables"},
        "turbohtml": {"styles", "visible_text"},
    }
    for path in sorted([*APP.rglob("*.py"), *CONTRACT.rglob("*.py")]):
        for root in third_parties(path) & homes.keys():
            assert path.stem in homes[root], f"{path}: {root}"


def test_what_migrates_is_loaded_by_no_start_that_has_nothing_to_migrate() -> None:
    for path in every_module():
        assert not imports(path) & {"app.adapters.postgres.migrations", "app.adapters.postgres.tables"}, path


def test_modules_and_functions_stay_small() -> None:
    for path in sorted([*APP.rglob("*.py"), *CONTRACT.rglob("*.py")]):
        text = path.read_text()
        assert text.count("\n") <= 300, path
        for node in nodes_of(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno < 60, f"{path}: {node.name}"
                inner = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
                # A command imports what it runs, so that --help and the other commands do without it.
                is_command = path.parent == APP / "cli" or path == CONTRACT / "command.py"
                assert not inner or is_command, f"{path}: {node.name} imports"


def every_module() -> list[Path]:
    return sorted([*APP.rglob("*.py"), *CONTRACT.rglob("*.py")])


def test_no_class_name_stands_for_two_things() -> None:
    places: dict[str, list[str]] = {}
    for path in every_module():
        for node in nodes_of(path):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))

    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def signatures(node: ast.ClassDef) -> set[str]:
    """Return what a class can be called with: each public method with the names of its arguments."""
    methods = [each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {
        f"{each.name}({', '.join(arg.arg for arg in [*each.args.args, *each.args.kwonlyargs])})"
        for each in methods
        if (not each.name.startswith("_") or each.name == "__call__")
        and "property" not in map(ast.unparse, each.decorator_list)
    }


def test_protocol_has_two_implementations_or_is_a_border() -> None:
    protocols: dict[str, set[str]] = {}
    classes: list[set[str]] = []
    for path in every_module():
        for node in nodes_of(path):
            if isinstance(node, ast.ClassDef):
                if "Protocol" in [ast.unparse(base).partition("[")[0] for base in node.bases]:
                    protocols[node.name] = signatures(node)
                else:
                    classes.append(signatures(node))

    lonely = {name for name, methods in protocols.items() if sum(methods <= each for each in classes) < 2}
    assert lonely == set(BORDERS)
    assert len(protocols) <= MOST_PROTOCOLS


def test_no_file_name_stands_for_two_things() -> None:
    of_each_room = {"__init__", "routes", "bodies", "examples"}  # the rooms of the web have the same furniture
    places: dict[str, list[str]] = {}
    for path in every_module():
        places.setdefault(path.stem, []).append(str(path.relative_to(ROOT)))

    assert {name: where for name, where in places.items() if len(where) > 1 and name not in of_each_room} == {}


def test_no_folder_is_a_heap() -> None:
    # A page's modules are loaded by the browser from one address, so they lie in one folder.
    folders = [
        each
        for part in (APP, CONTRACT)
        for each in (part, *part.rglob("*"))
        if each.is_dir() and each.name != "__pycache__"
    ]
    folders = [each for each in folders if "static" not in each.parts]
    crowded = {
        str(folder.relative_to(ROOT)): len(files)
        for folder in folders
        if len(files := [each for each in folder.iterdir() if each.is_file() and each.stem != "__init__"]) > MOST_FILES
    }

    assert crowded == {}
    assert len([each for each in APP.iterdir() if not each.name.startswith("__")]) <= MOST_ROOMS


def test_sql_of_more_than_a_screen_lies_in_a_file_of_its_own() -> None:
    for path in every_module():
        for node in nodes_of(path):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value):
                assert node.value.count("\n") <= MOST_LINES_OF_SQL, f"{path}:{node.lineno}"


def test_no_file_has_a_name_that_says_nothing() -> None:
    empty_names = {"utils", "helpers", "common", "core", "manager", "managers", "misc"}
    assert not [path for path in APP.rglob("*") if path.stem in empty_names]
