"""The demo's projects, set up as any helpdesk and owner would: over the service's own routes."""

import httpx

from app.demo.made_up_endpoint import BROKEN_PATH, PATH

PROJECT_ID, STRICT_PROJECT_ID, FAILING_PROJECT_ID = "prj_demo", "prj_demo_strict", "prj_demo_failing"
"""The project of the pages; one that withholds a record that is not the sender's; one whose endpoint is down."""

OWNER_ID = "demo-owner"

MATCH_PATH = "/email"
"""Where a record holds the address of its customer."""

MONTHLY_AI_CREDITS = 1000
"""More than anybody uses up by trying things out."""

IDENTIFY_INSTRUCTIONS = (
    "If the body contains `Order #` followed by a number, use that order number. "
    "Otherwise, if the body has an `acct_` account ID, use that."
)

SETTINGS_SECONDS = 7 * 86_400
"""How long the link to the settings page works: as long as somebody may leave the demo running and come back to it."""

DISPLAY_INSTRUCTIONS = (
    "If it's an account, show Plan, Status (Active or Inactive), Seats, and Monthly revenue. "
    "If it's an order, show Item, Amount, and Fulfillment status."
)


def set_up_projects(service: httpx.Client, origin: str, bearer_token: str) -> None:
    """Make the demo's projects and turn Customer Context on for each; raises `httpx.HTTPError`.

    Doing it again is harmless: a restart finds the projects there, and only the port of their endpoint has changed.
    """
    _set_up(service, PROJECT_ID, origin + PATH, bearer_token, "show")
    _set_up(service, STRICT_PROJECT_ID, origin + PATH, bearer_token, "require_match")
    _set_up(service, FAILING_PROJECT_ID, origin + BROKEN_PATH, bearer_token, "show")


def _set_up(service: httpx.Client, project_id: str, api_url: str, bearer_token: str, identity_policy: str) -> None:
    project = f"/projects/{project_id}"
    plan = {"plan": "business", "owner_ids": [OWNER_ID], "monthly_ai_credits": MONTHLY_AI_CREDITS}
    service.put(project, json=plan).raise_for_status()
    configuration = {
        "method": "GET",
        "api_url": api_url,
        "identifier_parameter": "id",
        "bearer_token": bearer_token,
        "identify_instructions": IDENTIFY_INSTRUCTIONS,
        "display_instructions": DISPLAY_INSTRUCTIONS,
        "match_path": MATCH_PATH,
        "identity_policy": identity_policy,
        "enabled": True,
    }
    owner = {"X-Actor-Id": OWNER_ID}
    service.put(f"{project}/customer-context", json=configuration, headers=owner).raise_for_status()


def make_settings_link(service: httpx.Client) -> str:
    """Return the path of the settings page with a fresh access token of the owner; raises `httpx.HTTPError`."""
    wanted = {"label": "make run", "expires_in": SETTINGS_SECONDS}
    answer = service.post(f"/projects/{PROJECT_ID}/access-tokens", json=wanted, headers={"X-Actor-Id": OWNER_ID})
    link: str = answer.raise_for_status().json()["settings_url"]
    return link
