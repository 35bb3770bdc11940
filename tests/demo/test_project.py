import json

import httpx
import pytest

from app.demo.project import make_settings_link, set_up_projects


class ScriptedService:
    """Answers every request with one status, and keeps what it was sent."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.requests: list[httpx.Request] = []

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self._answer), base_url="http://service.example")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self.status, json={"settings_url": "/settings#token=cct_0123&project=prj_demo"})


def test_set_up_makes_a_business_project_before_it_is_configured() -> None:
    service = ScriptedService()
    with service.client() as client:
        set_up_projects(client, "https://127.0.0.1:4443", "endpoint-token")

    project, configuration = service.requests[:2]
    assert (project.method, project.url.path) == ("PUT", "/projects/prj_demo")
    assert json.loads(project.content) == {
        "plan": "business",
        "owner_ids": ["demo-owner"],
        "monthly_ai_credits": 1000,
    }
    assert (configuration.method, configuration.url.path) == ("PUT", "/projects/prj_demo/customer-context")


def test_set_up_turns_the_feature_on_as_the_owner_when_it_configures() -> None:
    service = ScriptedService()
    with service.client() as client:
        set_up_projects(client, "https://127.0.0.1:4443", "endpoint-token")

    sent = json.loads(service.requests[1].content)
    assert service.requests[1].headers["x-actor-id"] == "demo-owner"
    assert sent["api_url"] == "https://127.0.0.1:4443/customer-context"
    assert sent["bearer_token"] == "endpoint-token"
    assert sent["enabled"] is True


def test_set_up_makes_a_project_that_withholds_and_one_whose_endpoint_is_down() -> None:
    service = ScriptedService()
    with service.client() as client:
        set_up_projects(client, "https://127.0.0.1:4443", "endpoint-token")

    configured = {each.url.path: json.loads(each.content) for each in service.requests[1::2]}
    assert {path: (sent["identity_policy"], sent["api_url"]) for path, sent in configured.items()} == {
        "/projects/prj_demo/customer-context": ("show", "https://127.0.0.1:4443/customer-context"),
        "/projects/prj_demo_strict/customer-context": ("require_match", "https://127.0.0.1:4443/customer-context"),
        "/projects/prj_demo_failing/customer-context": ("show", "https://127.0.0.1:4443/customer-context/broken"),
    }
    assert {sent["match_path"] for sent in configured.values()} == {"/email"}


def test_set_up_stops_when_the_service_refuses() -> None:
    service = ScriptedService(status=503)
    with service.client() as client, pytest.raises(httpx.HTTPStatusError):
        set_up_projects(client, "https://127.0.0.1:4443", "endpoint-token")

    assert len(service.requests) == 1


def test_settings_link_is_for_a_week_and_the_owner_when_made() -> None:
    service = ScriptedService()
    with service.client() as client:
        link = make_settings_link(client)

    (made,) = service.requests
    assert link == "/settings#token=cct_0123&project=prj_demo"
    assert (made.method, made.url.path) == ("POST", "/projects/prj_demo/access-tokens")
    assert made.headers["x-actor-id"] == "demo-owner"
    assert json.loads(made.content) == {"label": "make run", "expires_in": 604_800}


def test_settings_link_is_not_made_up_when_the_service_refuses() -> None:
    service = ScriptedService(status=403)
    with service.client() as client, pytest.raises(httpx.HTTPStatusError):
        make_settings_link(client)
