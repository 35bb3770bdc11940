"""What an access token looks like, what is kept of it, and what it opens."""

import hashlib

import pytest

from app.domain.access_tokens import Asked, Holder, TokenScope, fingerprint, has_token_shape, owner_refusal, refusal_of
from app.domain.projects import Project
from app.domain.refusals import Refusal
from support_context.secrets import Secret

HOLDER = Holder(Project("prj_1", "business", ("u1",), 10), "u1")
CONTEXT = "/projects/prj_1/customer-context"
RESULT = "/tickets/t_1/customer-context"


@pytest.mark.parametrize(
    ("text", "has_it"),
    [
        pytest.param("cct_" + "aZ09_-" + "x" * 37, True, id="43 characters of base64url"),
        pytest.param("ccr_" + "x" * 43, True, id="one that only reads"),
        pytest.param("cct_" + "x" * 42, False, id="42"),
        pytest.param("cct_" + "x" * 44, False, id="44"),
        pytest.param("ccs_" + "x" * 43, False, id="a service token's prefix"),
        pytest.param("CCT_" + "x" * 43, False, id="other case"),
        pytest.param("cct_" + "x" * 42 + "=", False, id="padding"),
        pytest.param("cct_" + "x" * 42 + "é", False, id="a letter beyond ASCII"),
        pytest.param("cct_" + "x" * 43 + "\n", False, id="a line end"),
        pytest.param(" cct_" + "x" * 43, False, id="a space"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_only_what_can_be_a_token_is_looked_up(text: str, has_it: bool) -> None:
    assert has_token_shape(text) is has_it


def test_fingerprint_is_the_sha_256() -> None:
    assert fingerprint(Secret("cct_abc")) == hashlib.sha256(b"cct_abc").digest()


@pytest.mark.parametrize(
    "asked",
    [
        *(pytest.param(Asked(method, CONTEXT), id=f"{method} configuration") for method in ("GET", "PUT", "PATCH")),
        pytest.param(Asked("DELETE", CONTEXT), id="DELETE configuration"),
        pytest.param(Asked("POST", f"{CONTEXT}/test"), id="test"),
        pytest.param(Asked("GET", f"{CONTEXT}/activity"), id="activity"),
        pytest.param(Asked("POST", "/projects/prj_1/access-tokens"), id="making a token"),
        pytest.param(Asked("GET", "/projects/prj_1/access-tokens"), id="listing tokens"),
        pytest.param(Asked("DELETE", "/projects/prj_1/access-tokens/tok_1"), id="revoking a token"),
        pytest.param(Asked("GET", "/projects/prj_1/audit"), id="the audit trail"),
        pytest.param(Asked("GET", RESULT, ("prj_1",)), id="a stored result"),
        pytest.param(Asked("GET", CONTEXT, ("prj_2",)), id="a query that this route does not read"),
        pytest.param(Asked("GET", CONTEXT, named=("u1",)), id="the same person named"),
    ],
)
def test_token_opens_its_projects_customer_context(asked: Asked) -> None:
    assert refusal_of(HOLDER, asked) is None


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(Asked("GET", "/projects/prj_2/customer-context"), id="another project"),
        pytest.param(Asked("GET", "/projects/prj_10/customer-context"), id="an id that begins alike"),
        pytest.param(Asked("GET", "/projects/PRJ_1/customer-context"), id="other case"),
        pytest.param(Asked("GET", "/projects/{project_id}/customer-context"), id="the template itself"),
        pytest.param(Asked("GET", f"{CONTEXT}/"), id="a slash behind it"),
        pytest.param(Asked("GET", f"/{CONTEXT}"), id="two slashes before it"),
        pytest.param(Asked("GET", f"{CONTEXT}/test"), id="test by GET"),
        pytest.param(Asked("POST", f"{CONTEXT}/activity"), id="activity by POST"),
        pytest.param(Asked("POST", CONTEXT), id="a method that is not there"),
        pytest.param(Asked("get", CONTEXT), id="a method in lower case"),
        pytest.param(Asked("GET", f"{CONTEXT}/anything"), id="a route to come"),
        pytest.param(Asked("GET", "/projects/prj_1"), id="the project"),
        pytest.param(Asked("PUT", "/projects/prj_1"), id="replacing the project"),
        pytest.param(Asked("POST", "/projects/prj_2/access-tokens"), id="making a token of another project"),
        pytest.param(Asked("DELETE", "/projects/prj_1/access-tokens/"), id="revoking no token"),
        pytest.param(Asked("DELETE", "/projects/prj_2/access-tokens/tok_1"), id="revoking a token of another project"),
        pytest.param(Asked("GET", "/projects/prj_1/access-tokens/tok_1"), id="reading one token"),
        pytest.param(Asked("POST", "/tickets/t_1/enrich", ("prj_1",)), id="enriching"),
        pytest.param(Asked("DELETE", RESULT, ("prj_1",)), id="erasing a result"),
        pytest.param(Asked("GET", RESULT), id="a result of no project"),
        pytest.param(Asked("GET", RESULT, ("prj_2",)), id="a result of another project"),
        pytest.param(Asked("GET", RESULT, ("prj_1", "prj_2")), id="of two projects"),
        pytest.param(Asked("GET", RESULT, ("prj_1", "prj_1")), id="of its project twice"),
        pytest.param(Asked("GET", "/nowhere"), id="an unknown route"),
        pytest.param(Asked("GET", "/"), id="the root"),
        pytest.param(Asked("GET", CONTEXT, named=("u2",)), id="another person named"),
        pytest.param(Asked("GET", CONTEXT, named=("u1", "u2")), id="another person named too"),
        pytest.param(Asked("GET", CONTEXT, named=("",)), id="nobody named"),
    ],
)
def test_token_opens_nothing_else(asked: Asked) -> None:
    assert refusal_of(HOLDER, asked) is Refusal.OUT_OF_SCOPE


@pytest.mark.parametrize(
    ("project", "refusal"),
    [
        pytest.param(Project("prj_1", "business", ("u2", "u1"), 0), None, id="an owner on Business"),
        pytest.param(Project("prj_1", "business", ("u2",), 0), Refusal.NOT_OWNER, id="no owner any more"),
        pytest.param(Project("prj_1", "team", ("u1",), 0), Refusal.PLAN_REQUIRED, id="another plan"),
        pytest.param(Project("prj_1", "team", ("u2",), 0), Refusal.NOT_OWNER, id="neither: members learn no plan"),
    ],
)
def test_rights_are_those_of_the_person_as_the_project_is_now(project: Project, refusal: Refusal | None) -> None:
    assert owner_refusal(project, "u1") is refusal
    assert refusal_of(Holder(project, "u1"), Asked("GET", CONTEXT)) is refusal


@pytest.mark.parametrize(
    ("asked", "opens"),
    [
        pytest.param(Asked("GET", CONTEXT), True, id="configuration"),
        pytest.param(Asked("GET", f"{CONTEXT}/activity"), True, id="activity"),
        pytest.param(Asked("GET", "/projects/prj_1/audit"), True, id="audit trail"),
        pytest.param(Asked("GET", RESULT, ("prj_1",)), True, id="a stored result"),
        pytest.param(Asked("POST", "/mcp"), True, id="assistants, which only read"),
        pytest.param(Asked("PATCH", CONTEXT), False, id="changing the configuration"),
        pytest.param(Asked("POST", f"{CONTEXT}/test"), False, id="a test, which costs a credit"),
        pytest.param(Asked("POST", f"{CONTEXT}/check"), False, id="a check"),
        pytest.param(Asked("GET", f"{CONTEXT}/sample-endpoint"), False, id="the sample endpoint's token"),
        pytest.param(Asked("GET", "/projects/prj_1/access-tokens"), False, id="who holds keys"),
        pytest.param(Asked("POST", "/projects/prj_1/access-tokens"), False, id="making a token"),
        pytest.param(Asked("GET", RESULT, ("prj_2",)), False, id="a result of another project"),
    ],
)
def test_token_that_only_reads_opens_nothing_that_changes_or_costs(asked: Asked, opens: bool) -> None:
    assert (refusal_of(HOLDER, asked, TokenScope.READ) is None) is opens
