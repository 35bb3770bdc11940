"""A pytest plugin that checks an owner's endpoint: `pytest --customer-context-url URL`.

pytest loads this with every run of everybody who has the package, so it imports nothing until it is asked for.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

OPTIONS = (
    # name, kind of the ini value, what it is
    ("url", "string", "check the customer endpoint at this URL, one test for each requirement of the contract"),
    ("id", "args", "id that the endpoint knows; again for another kind"),
    ("unknown-id", "string", "id of the right form that nobody has"),
    ("method", "string", "GET (default) or POST, as it is configured"),
    ("param", "string", "query or body key of the id (default: id)"),
    ("match-path", "string", "JSON Pointer to the customer's address, as it is configured"),
    ("token-env", "string", "environment variable that holds the bearer token (default: ENDPOINT_TOKEN)"),
    ("ca-file", "string", "PEM file of a further CA; CC_EGRESS_CA_FILE if not given"),
    ("allow-private", "bool", "let addresses through that are not public: a staging host"),
)
"""The options of `customer-context check`, each also a line of the ini file, with underscores."""


def pytest_addoption(parser: "pytest.Parser") -> None:
    """Add the options of the plugin to pytest's command line and ini file."""
    group = parser.getgroup("customer-context", "hold a customer endpoint to its contract")
    for name, kind, what in OPTIONS:
        action = {"args": "append", "bool": "store_true"}.get(kind, "store")
        group.addoption(f"--customer-context-{name}", action=action, default=None, help=what)
        parser.addini(ini_name(name), what, type=kind, default=None)  # type: ignore[arg-type] # one of pytest's kinds


def pytest_configure(config: "pytest.Config") -> None:
    """Load the checks, where a URL is given."""
    if value_of(config, "url"):
        config.pluginmanager.import_plugin("support_context.pytest_plugin.checks")


def value_of(config: "pytest.Config", name: str) -> "str | bool | list[str] | None":
    """Return an option as it was given on the command line, else in the ini file."""
    given: str | bool | list[str] | None = config.getoption(ini_name(name))
    return given or config.getini(ini_name(name)) or None


def ini_name(name: str) -> str:
    """Return what an option is called in the ini file."""
    return f"customer_context_{name.replace('-', '_')}"
