"""Customers out of a JSON or CSV file, read again whenever the file changes."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from support_context.identifiers import sanitize
from support_context.limits import LONGEST_IDENTIFIER

LINK_COLUMN = "link:"
"""How the heading of a CSV column begins that holds a link; its label follows: `link:View in admin`."""

Customer = Mapping[str, object]


class BadCustomers(ValueError):
    """The file cannot be used; the text says why and what to do."""


class CustomersFile:
    """Finds customers by identifier; while the file is broken, those that it held before."""

    def __init__(self, path: Path, parameter: str, warn: Callable[[str], None]) -> None:
        self._path = path
        self._parameter = parameter
        self._warn = warn
        self._changed = path.stat().st_mtime_ns if path.exists() else 0
        self.customers = read_customers(path, parameter)

    def find(self, identifier: str) -> Customer:
        """Return what the file says of this customer, `{}` where it says nothing."""
        self._read_again()
        return self.customers.get(identifier, {})

    def _read_again(self) -> None:
        changed = self._path.stat().st_mtime_ns if self._path.exists() else 0
        if changed == self._changed:
            return
        self._changed = changed
        try:
            self.customers = read_customers(self._path, self._parameter)
        except BadCustomers as problem:
            self._warn(f"{self._path.name}: {problem}; answering with what it held before")


def read_customers(path: Path, parameter: str) -> dict[str, Customer]:
    """Return the customers of a file by identifier; raises `BadCustomers`."""
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise BadCustomers("not UTF-8; save it as UTF-8") from None
    except OSError as problem:
        raise BadCustomers(f"{problem.strerror}") from None
    rows = _of_csv(text, parameter) if path.suffix.lower() == ".csv" else _of_json(text, parameter)
    customers = dict[str, Customer]()
    for identifier, customer in rows:
        if not identifier or sanitize(identifier) != identifier or len(identifier) > LONGEST_IDENTIFIER:
            raise BadCustomers(f"customer {len(customers) + 1} has an id that no service asks for; use A-Za-z0-9._@:-")
        if identifier in customers:
            raise BadCustomers(f"customer {len(customers) + 1} has the id of another; each needs its own")
        customers[identifier] = customer
    if not customers:
        raise BadCustomers("no customer in it; add one")
    return customers


def _of_json(text: str, parameter: str) -> list[tuple[str, Customer]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as problem:
        line = f" at line {problem.lineno}" if isinstance(problem, json.JSONDecodeError) else ""
        raise BadCustomers(f"not valid JSON{line}") from None
    if isinstance(found, dict) and all(isinstance(each, dict) for each in found.values()):
        return list(found.items())
    if isinstance(found, list) and all(isinstance(each, dict) for each in found):
        return [(str(each.get(parameter, "")), _without(each, parameter)) for each in found]
    raise BadCustomers(f'must be {{"an id": {{…}}}}, or a list of objects each with "{parameter}"')


def _of_csv(text: str, parameter: str) -> list[tuple[str, Customer]]:
    rows = csv.DictReader(io.StringIO(text, newline=""), restval="", restkey="")
    if parameter not in (rows.fieldnames or ()):
        raise BadCustomers(f"its first line must name the columns, one of them {parameter}")
    found = []
    for row in rows:
        if "" in row:
            raise BadCustomers(
                f"line {rows.line_num} has more cells than the first one; put texts with commas in quotes"
            )
        found.append((row[parameter].strip(), _customer(_without(row, parameter))))
    return found


def _customer(row: dict[str, str]) -> Customer:
    filled = {name: value for name, value in row.items() if value.strip()}
    plain = {name: value for name, value in filled.items() if not name.startswith(LINK_COLUMN)}
    links = [
        {"label": name.removeprefix(LINK_COLUMN), "url": value} for name, value in filled.items() if name not in plain
    ]
    return {**plain, "links": links} if links else plain


def _without(row: dict[str, str], parameter: str) -> dict[str, str]:
    return {name: value for name, value in row.items() if name != parameter}
