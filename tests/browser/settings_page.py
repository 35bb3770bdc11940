"""The settings page on the real routes: an owner with a link, and the API as somebody else uses it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI
from playwright.async_api import Locator, Page, expect

from support_context.lookups import LookupRequest, LookupResponse
from support_context.secrets import Secret
from tests.support.endpoints import ScriptedEndpoint
from tests.support.service import CONFIGURATION, SERVICE_TOKEN, World

PROJECT = "/projects/prj_1"
CONTEXT = f"{PROJECT}/customer-context"
OWNERS = ["u1", "u2"]

LONG_SECONDS = 3_600

LONGEST_GATE_SECONDS = 10
"""A test that forgets to open the gate must not keep the process."""


@dataclass
class GatedEndpoint(ScriptedEndpoint):
    """Answers only once the test lets it."""

    gate: threading.Event = field(default_factory=threading.Event)

    async def fetch(self, request: LookupRequest, token: Secret) -> LookupResponse:
        await asyncio.to_thread(self.gate.wait, LONGEST_GATE_SECONDS)
        return await super().fetch(request, token)


@dataclass
class Helpdesk:
    """A service with the Business project `prj_1`, as its helpdesk and its owners use it without the page."""

    app: FastAPI
    world: World
    origin: str
    new_page: Callable[..., AbstractAsyncContextManager[Page]]
    api: httpx.AsyncClient

    def rewire(self, world: World) -> None:
        """Replace what is behind the service."""
        self.world = world
        self.app.state.services = world.services()

    async def put_project(self, **changes: Any) -> None:
        """Make or change the project."""
        project = {"plan": "business", "owner_ids": OWNERS, "monthly_ai_credits": 100} | changes
        (await self.api.put(PROJECT, json=project)).raise_for_status()

    async def configure(self, actor: str = "u2", **changes: Any) -> dict[str, Any]:
        """Change the configuration as another owner would."""
        answer = await self.api.patch(CONTEXT, json=changes, headers={"X-Actor-Id": actor})
        answer.raise_for_status()
        saved: dict[str, Any] = answer.json()
        return saved

    async def set_up(self, **changes: Any) -> None:
        """Configure everything and turn it on."""
        await self.configure(**CONFIGURATION | changes)

    async def stored(self) -> dict[str, Any]:
        """Return what is stored."""
        stored: dict[str, Any] = (await self.api.get(CONTEXT)).json()
        return stored

    async def link(self, actor: str = "u1") -> tuple[str, str]:
        """Have an owner make a link; return its address and the token's id."""
        body = {"label": "Settings page", "expires_in": LONG_SECONDS}
        answer = await self.api.post(f"{PROJECT}/access-tokens", json=body, headers={"X-Actor-Id": actor})
        made = answer.raise_for_status().json()
        return made["settings_url"], made["token_id"]

    @asynccontextmanager
    async def opened(self, at: str | None = None, **options: Any) -> AsyncIterator["SettingsPage"]:
        """Open the page, with a link of its own unless `at` names an address."""
        async with self.new_page(**options) as page:
            settings = SettingsPage(page)
            settings.record()
            await page.goto(at or (await self.link())[0])
            if at is None:  # what is typed before the form is there goes nowhere, and nobody is told
                await page.locator("#room:not([hidden]), #door:not([hidden])").wait_for()
            yield settings


@asynccontextmanager
async def helpdesk(
    app: FastAPI, origin: str, new_page: Callable[..., AbstractAsyncContextManager[Page]]
) -> AsyncIterator[Helpdesk]:
    """Open a helpdesk's side of `app`, served at `origin`; `new_page` opens a page in a browser."""
    headers = {"Authorization": f"Bearer {SERVICE_TOKEN}", "X-Actor-Id": "u1"}
    async with httpx.AsyncClient(base_url=origin, headers=headers, trust_env=False) as api:
        desk = Helpdesk(app, World(), origin, new_page, api)
        desk.rewire(desk.world)
        await desk.put_project()
        yield desk


@dataclass
class SettingsPage:
    """The page as somebody uses it, and everything that went wrong on it or left for another place."""

    page: Page
    faults: list[str] = field(default_factory=list)

    def record(self) -> None:
        """From now on, note scripts' errors, dialogs, new pages, broken policies and requests to elsewhere."""
        note = self.faults.append
        self.page.on("pageerror", lambda problem: note(f"error {problem}"))
        self.page.context.on("page", lambda page: note(f"page {page.url}"))
        # Chromium calls a stream that a script has read to its end aborted, now and then.
        self.page.context.on(
            "requestfailed",
            lambda it: None if it.url.endswith(("/test", "/check")) else note(f"failed {it.url} {it.failure}"),
        )
        self.page.on("console", lambda it: note(it.text) if "Content Security Policy" in it.text else None)

    def field(self, label: str) -> Locator:
        """Return the control with this label."""
        return self.page.get_by_label(label, exact=True)

    def error(self, name: str) -> Locator:
        """Return the error of a field."""
        return self.page.locator(f"#{name}-error")

    @property
    def switch(self) -> Locator:
        """The switch that turns look-ups on."""
        return self.page.get_by_role("switch")

    @property
    def saving(self) -> Locator:
        """What is said of saving."""
        return self.page.locator("#saving")

    async def unfold(self, name: str) -> None:
        """Open a part of the page that is folded: below the activity, whose arrival moves it from under the pointer."""
        await expect(self.page.locator("#activity-content")).to_have_attribute("aria-busy", "false")
        await self.page.locator(f"#{name} > summary").click()

    async def press(self, button: str) -> None:
        """Press a button."""
        await self.page.get_by_role("button", name=button, exact=True).click()

    async def run_test(self) -> Locator:
        """Run a test; return what it shows at its end."""
        await self.press("Run the test")
        result = self.page.locator("#trial-result")
        await expect(result).to_be_visible()
        return result
