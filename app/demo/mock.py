"""Serves an owner's contract over TLS out of a file of customers: for trying the settings page without a backend."""

import os
import shlex
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from app.demo.customers_file import Customer, CustomersFile
from app.demo.hosting import LOOPBACK, hosted
from app.demo.made_up_endpoint import customer_endpoint
from app.demo.secrets_file import kept_secrets

DEFAULT_DATA_DIR = ".data"
"""Where the service keeps what it keeps when `CC_DATA_DIR` is not set."""

PATH = "/support-context"

TOKEN_VARIABLE = "ENDPOINT_TOKEN"  # noqa: S105 - the name of a variable
"""What the printed lines call the variable that holds the token."""

Say = Callable[[str], None]
"""Prints text for a person."""


def mock(
    port: int,
    customers: Path,
    parameter: str,
    say: Say,
    warn: Say,
    wait: Callable[[], object] | None = None,
) -> None:
    """Serve the customers of a file until Ctrl-C; raises `BadCustomers`, and `OSError` where the port is taken."""
    found = CustomersFile(customers, parameter, warn)
    folder = Path(os.environ.get("CC_DATA_DIR") or DEFAULT_DATA_DIR) / "mock"
    token, ca_file = kept_secrets(folder).endpoint_token, (folder / "ca.pem").resolve()
    with hosted(customer_endpoint(found.find, token, PATH, parameter), ca_file, port) as origin:
        ids = of_each_kind(found.customers)
        lines = how_to_use(origin + PATH, token, ca_file, parameter, ids)
        number = len(found.customers)
        head = f"A mock of a customer endpoint, customers in {customers.name}: {number} (read again when it changes)"
        say("\n".join([head, "", *lines, "", "Ctrl-C ends it."]))
        with suppress(KeyboardInterrupt):
            (wait or threading.Event().wait)()


def of_each_kind(customers: Mapping[str, Customer]) -> list[str]:
    """Return the first identifier, and the first whose customer has other fields."""
    first, *others = customers
    another = [each for each in others if customers[each].keys() != customers[first].keys()]
    return [first, *another[:1]]


def how_to_use(url: str, token: str, ca_file: Path, parameter: str, ids: list[str]) -> list[str]:
    """Return what to know of an endpoint that is hosted here, and command lines that work as they stand."""
    certificate = shlex.quote(str(ca_file))
    way = f"CC_EGRESS_CA_FILE={certificate} CC_EGRESS_ALLOWED_CIDRS={LOOPBACK}/32"
    known = " ".join(f"--id {each}" for each in ids)
    key = f" --param {parameter}" if parameter != "id" else ""
    return [
        f"URL:      {url}",
        f"Token:    {token}",
        f"CA file:  {ca_file}  (a new one with each start)",
        "",
        "# Ask it:",
        f'curl --cacert {certificate} -H "Authorization: Bearer {token}" "{url}?{parameter}={ids[0]}"',
        "",
        "# Hold it to the contract:",
        f"{TOKEN_VARIABLE}={token} {way} customer-context check {url} {known}{key} --token-env {TOKEN_VARIABLE}",
        "",
        "# Let the service call it: start it with these, then enter URL and token on the settings page:",
        f"export {way}",
    ]
