"""README and docs are held to the code: every setting, status, route and command stands in them, and no other."""

import re
from pathlib import Path

import pytest

from app.domain.outcomes import Outcome, Status
from app.settings.loading import variable_of
from app.settings.service_settings import Settings
from tests.cli.test_cli import commands
from tests.support.yaml_files import OPENAPI_FILE, yaml_of

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
GUIDES = [ROOT / "docs" / "caller-guide.md", ROOT / "docs" / "endpoint-guide.md"]


DOCS = ROOT / "docs"
PAGES = {
    "Settings": DOCS / "settings.md",
    "Statuses": DOCS / "statuses.md",
    "Routes": DOCS / "routes.md",
    "Command line": DOCS / "command-line.md",
}
EVERY_PAGE = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), DOCS / "llms.txt"])


def table_rows(heading: str, document: str = "") -> list[list[str]]:
    """Return the rows of the table below a heading, in a document or on the page of that name."""
    text = document or PAGES[heading].read_text("utf-8")
    section = re.split(rf"^#+ {heading}$", text, maxsplit=1, flags=re.MULTILINE)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_first_screen_says_what_it_is_and_how_to_see_it_work() -> None:
    screen = "\n".join(README.splitlines()[:60])

    assert "make run" in screen
    assert "make test" in screen
    assert "A ticket goes in" in screen
    assert "TO-FILL" not in README


def test_every_setting_is_documented_and_no_other() -> None:
    documented = {re.findall(r"`(\w+)`", row[0])[0] for row in table_rows("Settings")}

    assert documented == {variable_of(name) for name in Settings.model_fields}


@pytest.mark.parametrize("name", Settings.model_fields)
def test_defaults_are_the_codes(name: str) -> None:
    (row,) = (row for row in table_rows("Settings") if variable_of(name) in row[0])
    field = Settings.model_fields[name]
    if field.is_required():
        assert row[1] == "needed"
    elif field.default:
        assert row[1] == f"`{field.default:g}`" if isinstance(field.default, float) else f"`{field.default}`"
    else:
        assert "`" not in row[1]


def test_every_ending_is_documented_and_no_other() -> None:
    documented = {(row[0].strip("`"), row[1].strip("`")) for row in table_rows("Statuses")}

    assert documented == {(outcome.status.value, outcome.reason or "") for outcome in Outcome}


def test_every_ending_has_its_help_in_the_endpoint_guide_and_no_other() -> None:
    rows = table_rows("Troubleshooting", GUIDES[1].read_text())
    known = {(outcome.status.value, outcome.reason or "") for outcome in Outcome}

    assert {(row[0].strip("`"), row[1].strip("`")) for row in rows} == known, (
        "say in the table of docs/endpoint-guide.md what an owner should look at"
    )
    assert [row for row in rows if not (row[2] and row[3])] == []


def test_every_status_has_its_row_in_the_callers_guide_and_no_other() -> None:
    rows = table_rows("What to do with each status", GUIDES[0].read_text())

    assert {re.findall(r"`(\w+)`", row[0])[0] for row in rows} == {*Status, "pending"}


@pytest.mark.parametrize("guide", EVERY_PAGE, ids=lambda guide: guide.stem)
def test_every_link_of_a_page_leads_to_a_file_and_a_heading(guide: Path) -> None:
    for file, heading in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", guide.read_text()):
        target = (guide.parent / file).resolve() if file else guide
        assert target.exists(), file
        if heading:
            headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
            assert heading in [re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings], heading
    for file in re.findall(r'(?:src|srcset)="([^"]+)"', re.sub(r"```.*?```", "", guide.read_text(), flags=re.DOTALL)):
        assert (guide.parent / file).exists(), file


def test_every_route_is_documented_and_no_other() -> None:
    openapi = yaml_of(OPENAPI_FILE)
    served = {f"{method.upper()} {path}" for path, item in openapi["paths"].items() for method in item}
    documented = {route for row in table_rows("Routes") for route in re.findall(r"`([A-Z]+ [^`]+)`", row[0])}

    assert documented == served | {"GET /openapi.json", "GET /docs", "POST /mcp"}


def test_every_command_is_documented_and_no_other() -> None:
    documented = {
        re.findall(r"customer-context ((?:keys |ai |config |webhook )?\w+)", row[0])[0]
        for row in table_rows("Command line")
    }

    assert documented == set(commands())


def test_readme_is_read_in_a_few_minutes() -> None:
    assert len(README.splitlines()) <= 100


def test_every_named_file_exists() -> None:
    for page in EVERY_PAGE:
        named = re.findall(r"`((?:app|tests|docs|bench)/[\w/.]+)`", page.read_text("utf-8"))

        assert not [name for name in named if not (ROOT / name).exists()], page
