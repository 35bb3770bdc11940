"""A real browser, Debian's Chromium or whichever is there, and the card on pages of two kinds; skips where none is."""

import os
import re
import shutil
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from app.web.http.pages import serve_files, serve_page
from tests.browser.settings_page import Helpdesk, helpdesk
from tests.support.service import World
from tests.support.shared_database import SharedDatabase

PAGE = Path(__file__).parent / "card.html"

LONGEST_WAIT_SECONDS = 30
"""A browser on a busy machine takes seconds for what takes 20 ms on an idle one; nothing is timed here."""

expect.set_options(timeout=LONGEST_WAIT_SECONDS * 1000)  # Playwright's own are five seconds

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""What the browser is called; the variable `CHROMIUM` names another. The first has the same engine without windows, and
takes half of the CPU."""

THIS_MACHINE_ONLY = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
"""No page reaches the internet. Chromium sees to it: asked about each request, the test process would spend a third of
what opening a page costs."""

STARTED = "customElements.whenDefined('customer-context-card').then(() => true)"


@dataclass
class Card:
    """A page with one card on it, and everything that happened on it beyond showing text."""

    page: Page
    events: list[str] = field(default_factory=list)

    async def show(self, result: object) -> None:
        """Hand a result to the card, and wait until it is painted."""
        await self.run(
            """async (card, result) => {
                card.result = result;
                await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            }""",
            result,
        )

    async def run(self, script: str, given: object = None) -> Any:
        """Run a function on the card's element; `given` is its second argument."""
        return await self.page.locator("customer-context-card").evaluate(script, given)

    def part(self, selector: str = "section") -> Locator:
        """Return the parts of the card that a selector finds."""
        return self.page.locator(f"customer-context-card {selector}")

    async def text(self) -> str:
        """Return what the card shows, as a person would select it."""
        return await self.part().inner_text()

    async def snapshot(self) -> str:
        """Return the card as assistive technology meets it."""
        return await self.page.locator("customer-context-card").aria_snapshot()

    def record(self) -> None:
        """From now on, note each request, dialog, error, new page and navigation."""
        note = self.events.append
        self.page.context.on("request", lambda request: note(f"request {request.url}"))
        self.page.context.on("page", lambda page: note(f"page {page.url}"))
        self.page.on("dialog", lambda dialog: note(f"dialog {dialog.message}"))
        self.page.on("pageerror", lambda problem: note(f"error {problem}"))
        self.page.on("framenavigated", lambda frame: note(f"navigation {frame.url}"))
        self.page.on("console", lambda message: note(f"console {message.text}"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The browser of the session; tests are skipped where there is none."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(
            f"no browser here: none of {', '.join(NAMES)} is on PATH (Debian: apt install chromium-headless-shell)"
        )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=[THIS_MACHINE_ONLY])
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def origin() -> Iterator[str]:
    """Origin of a server with the card on /card under the service's policy, on /bare under none, and /none without."""
    app = FastAPI(openapi_url=None)
    serve_files(app)
    serve_page(app, "/card", PAGE)
    app.add_route("/bare", _bare)
    app.add_route("/none", _none)
    with served(app) as origin:
        yield origin


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve an application on loopback; the value is its origin."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # In a thread: on the main one it would take Ctrl-C away from pytest.
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="session")
def stage() -> Iterator[tuple[FastAPI, str]]:
    """The service's application, whose services a test replaces, and its origin."""
    app = World().app()
    with served(app) as origin:
        yield app, origin


@asynccontextmanager
async def new_page(browser: Browser, origin: str, **options: Any) -> AsyncIterator[Page]:
    """Open a page in a browser profile of its own."""
    context = await browser.new_context(base_url=origin, **options)
    page = await context.new_page()
    page.set_default_timeout(LONGEST_WAIT_SECONDS * 1000)
    yield page
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, origin: str) -> AsyncIterator[Page]:
    """A page whose clock, permissions and preferences a test may change."""
    async with new_page(browser, origin) as page:
        yield page


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kept_page(browser: Browser, origin: str) -> AsyncIterator[Page]:
    """One page for all tests that only look: opening one takes ten times as long as loading it anew."""
    async with new_page(browser, origin, permissions=["clipboard-read", "clipboard-write"]) as page:
        yield page


@pytest_asyncio.fixture(loop_scope="session")
async def card(kept_page: Page) -> Card:
    """An empty card under the service's policy."""
    return await opened(kept_page, "/card")


@pytest_asyncio.fixture(loop_scope="session")
async def desk(browser: Browser, stage: tuple[FastAPI, str], emptied: SharedDatabase) -> AsyncIterator[Helpdesk]:
    """A helpdesk whose service has one Business project, with nothing configured."""
    app, origin = stage
    async with helpdesk(app, origin, partial(new_page, browser, origin)) as desk:
        yield desk


async def opened(page: Page, path: str) -> Card:
    """Open a page with a card on it."""
    await page.goto(path)
    await page.evaluate(STARTED)
    return Card(page)


async def _bare(request: Request) -> Response:
    return HTMLResponse(PAGE.read_text())


async def _none(request: Request) -> Response:
    return HTMLResponse(re.sub("<script.*</script>", "", PAGE.read_text()))
