"""The pytest plugin as an owner's CI runs it: one test for each requirement, and nothing in anybody else's run."""

import subprocess
import sys

import pytest

from support_context.pytest_plugin import checks  # so that the runs within this one need not import it anew
from tests.support_context.check.conftest import ASKED, TOKEN

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.usefixtures("environment")

assert checks


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run pytest within this one, without the plugin of ours that would want an ini line, and without our filters."""
    return pytester.runpytest_inprocess("-p", "no:asyncio", "-W", "default", *arguments)


def test_each_requirement_is_a_test_and_a_good_endpoint_passes_all(pytester: pytest.Pytester, good_url: str) -> None:
    arguments = ["--customer-context-url", good_url, "--customer-context-id", "acct_12ab34cd"]
    ran = run(pytester, *arguments, "--customer-context-id", "10482", "-v")

    ran.assert_outcomes(passed=len(ASKED))
    ran.stdout.fnmatch_lines(["customer-context::token_missing PASSED*"])
    assert ran.ret == 0


def test_ini_file_holds_the_options_too(
    pytester: pytest.Pytester, good_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGING_TOKEN", TOKEN)
    pytester.makeini(
        f"[pytest]\ncustomer_context_url = {good_url}\ncustomer_context_id = acct_12ab34cd 10482\n"
        "customer_context_method = POST\ncustomer_context_token_env = STAGING_TOKEN\n"
    )
    ran = run(pytester, "-k", "method or type")

    ran.assert_outcomes(passed=3, deselected=len(ASKED) - 3)  # method, type and content_type


def test_missed_requirement_fails_with_what_to_mend_and_no_traceback(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = run(pytester, "--customer-context-url", "https://127.0.0.1:1024/", "--customer-context-id", "a1")

    ran.assert_outcomes(failed=1, skipped=len(ASKED) - 1)
    ran.stdout.fnmatch_lines(["seen: the connection was refused", "to mend: Check that the server runs*"])
    ran.stdout.no_fnmatch_line("*Traceback*")
    ran.stdout.no_fnmatch_line("*checks.py:*: Missed*")
    assert ran.ret == 1


def test_warning_is_a_warning_of_pytest(
    pytester: pytest.Pytester, good_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CC_EGRESS_ALLOWED_CIDRS")
    ran = run(
        pytester,
        "--customer-context-url",
        good_url,
        "--customer-context-id",
        "10482",
        "--customer-context-allow-private",
    )

    ran.assert_outcomes(passed=len(ASKED) - 1, skipped=1, warnings=1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param([], "give an id that the endpoint knows", id="no id"),
        pytest.param(["--customer-context-id", "a b"], "the service sends no others", id="an id that is never sent"),
        pytest.param(
            ["--customer-context-id", "a", "--customer-context-token-env", "NOWHERE"], "NOWHERE: not set", id="no token"
        ),
        pytest.param(
            ["--customer-context-id", "a", "--customer-context-ca-file", "/nowhere"], "no such file", id="no CA"
        ),
    ],
)
def test_wrong_option_ends_the_run_with_one_line(pytester: pytest.Pytester, arguments: list[str], said: str) -> None:
    ran = run(pytester, "--customer-context-url", "https://api.example.com/", *arguments)

    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    ran.stderr.fnmatch_lines([f"ERROR: customer-context: *{said}*"])


def test_run_that_does_not_ask_for_it_imports_nothing_of_it() -> None:
    ours = "[m for m in sys.modules if m.split('.')[0] in ('app', 'support_context', 'pytest')]"
    seen = f"import sys, support_context.pytest_plugin; print({ours})"
    ran = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)  # noqa: S603 - ours

    assert ran.stdout == "['support_context', 'support_context.pytest_plugin']\n"
