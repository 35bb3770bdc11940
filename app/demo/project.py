"""The demo project, set up as any helpdesk and owner would: over the service's own routes."""

import httpx

PROJECT_ID = "prj_demo"
OWNER_ID = "demo-owner"

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


def set_up_project(service: httpx.Client, api_url: str, bearer_token: str) -> None:
    """Make the project and turn Customer Context on for it; raises `httpx.HTTPError`.

    Doing it again is harmless: a restart finds the project there, and only the port of its endpoint has changed.
    """
    project = f"/projects/{PROJECT_ID}"
    plan = {"plan": "business", "owner_ids": [OWNER_ID], "monthly_ai_credits": MONTHLY_AI_CREDITS}
    service.put(project, json=plan).raise_for_status()
    configuration = {
        "method": "GET",
        "api_url": api_url,
        "identifier_parameter": "id",
        "bearer_token": bearer_token,
        "identify_instructions": IDENTIFY_INSTRUCTIONS,
        "display_instructions": DISPLAY_INSTRUCTIONS,
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
