"""A customer endpoint that breaks one requirement at a time, to see that a check finds it. Copy nothing from here.

    python examples/bad_endpoint.py --list
    python examples/bad_endpoint.py --break unknown_id

The good one that it breaks is the demo's, app/demo/endpoint.py. It needs the project installed (`make setup`).
"""

import argparse
import asyncio
import gzip
import hmac
import itertools
import json
import secrets
import sqlite3
import tempfile
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app.demo.hosting import hosted
from app.demo.made_up_endpoint import PATH, identifier_of, is_authorized
from app.demo.mock import how_to_use
from app.demo.records import find, open_records

IDS = ["acct_12ab34cd", "10482"]
"""Two ids of the demo's records, one of each kind."""

ANY_METHOD = ("GET", "POST", "PUT", "PATCH", "DELETE")

Facts = dict[str, object]


@dataclass(frozen=True)
class Parts:
    """The good endpoint in parts, of which each switch replaces one."""

    authorizes: Callable[[str], bool]
    finds: Callable[[str], Facts]
    answers: Callable[[Facts], Response] = JSONResponse
    refuses: Callable[[], Response] = lambda: JSONResponse({"error": "unauthorized"}, 401)
    methods: tuple[str, ...] = ("GET", "POST")
    seconds: float = 0.0
    certificate_ends: datetime | None = None
    listens: bool = True


@dataclass(frozen=True)
class Bad:
    """One way to be bad: which requirement it misses, how the check should call that, and what else falls with it."""

    misses: str
    how: str
    change: Callable[[Parts, str, sqlite3.Connection], Parts]
    verdict: str = "fail"
    also: tuple[str, ...] = ()


def good(records: sqlite3.Connection, token: str) -> Parts:
    """Return the parts of an endpoint that keeps to the contract."""
    return Parts(partial(_holds, token=token), partial(find, records))


def application(parts: Parts, path: str = PATH) -> Starlette:
    """Put an endpoint together."""
    return Starlette(routes=[route(parts, path)])


def route(parts: Parts, path: str) -> Route:
    """Return the one route of an endpoint."""

    async def look_up(request: Request) -> Response:
        try:
            if not parts.authorizes(request.headers.get("authorization", "")):
                return parts.refuses()
            await asyncio.sleep(parts.seconds)
            return parts.answers(parts.finds(await identifier_of(request)))
        except Exception:
            return Response(traceback.format_exc(), 500)

    return Route(path, look_up, methods=list(parts.methods))


def _holds(header: str, token: str) -> bool:
    return is_authorized(header, token)


def _given(header: str) -> str:
    return header.removeprefix("Bearer ")


def _finding(change: Callable[[str, Facts], Facts]) -> Callable[[Parts, str, sqlite3.Connection], Parts]:
    """Return a switch that changes what is found."""

    def switch(parts: Parts, token: str, records: sqlite3.Connection) -> Parts:
        return replace(parts, finds=lambda identifier: change(identifier, parts.finds(identifier)))

    return switch


def _adding(**fields: object) -> Callable[[Parts, str, sqlite3.Connection], Parts]:
    """Return a switch that adds fields to whoever is found."""
    return _finding(lambda identifier, facts: {**facts, **fields} if facts else facts)


def _with(**changes: object) -> Callable[[Parts, str, sqlite3.Connection], Parts]:
    """Return a switch that replaces parts."""
    return lambda parts, token, records: replace(parts, **changes)  # type: ignore[arg-type] # checked where it is used


def _token_rule(rule: Callable[[str, str], bool]) -> Callable[[Parts, str, sqlite3.Connection], Parts]:
    """Return a switch that lets more callers in: those whom the rule takes for holders of the token."""

    def switch(parts: Parts, token: str, records: sqlite3.Connection) -> Parts:
        return replace(parts, authorizes=lambda header: parts.authorizes(header) or rule(_given(header), token))

    return switch


def _throwing(parts: Parts, token: str, records: sqlite3.Connection) -> Parts:
    # Node's timingSafeEqual does this.
    def authorizes(header: str) -> bool:
        if header and len(_given(header)) != len(token):
            raise ValueError("Input buffers must have the same byte length")
        return parts.authorizes(header)

    return replace(parts, authorizes=authorizes)


def _injectable(parts: Parts, token: str, records: sqlite3.Connection) -> Parts:
    def finds(identifier: str) -> Facts:
        statement = f"SELECT company, plan FROM accounts WHERE id = '{identifier}'"  # noqa: S608 - that is the point
        row = None if parts.finds(identifier) else records.execute(statement).fetchone()
        return dict(row) if row else parts.finds(identifier)

    return replace(parts, finds=finds)


def _counting(parts: Parts, token: str, records: sqlite3.Connection) -> Parts:
    asked = itertools.count(1)
    return _finding(lambda identifier, facts: {**facts, "times_seen": next(asked)} if facts else facts)(
        parts, token, records
    )


def _failing(parts: Parts, token: str, records: sqlite3.Connection) -> Parts:
    asked = itertools.count(1)

    def finds(identifier: str) -> Facts:
        if identifier in IDS and next(asked) == 3:  # noqa: PLR2004 - any but the first
            raise RuntimeError("the database was busy")
        return parts.finds(identifier)

    return replace(parts, finds=finds)


def _raise(text: str) -> Facts:
    raise RuntimeError(text)


def _if_unknown(answer: Callable[[], Response]) -> Callable[[Parts, str, sqlite3.Connection], Parts]:
    return _with(answers=lambda facts: JSONResponse(facts) if facts else answer())


def _in_days(days: int) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


SOMEBODY: Facts = {"type": "account", "company": "Harbor & Pine", "plan": "Starter"}
BCRYPT = "$2b$12$" + "C6UzMDM.H6dfI/f/IKcEeO" + "7ZmMSbcmGCMyBGbCbYhjTuQv6pXPS1u"
OTHER_IDS = ("unknown_id", "empty_id", "odd_ids", "long_id")
TOKENS = ("token_missing", "token_wrong", "token_other_length", "token_last_character", "token_not_ascii")

BAD: dict[str, Bad] = {
    "reachable": Bad("reachable", "nobody listens on the port", _with(listens=False)),
    "public_address": Bad("public_address", "a private address: check it without CC_EGRESS_ALLOWED_CIDRS", _with()),
    "https": Bad("https", "an expired certificate", _with(certificate_ends=_in_days(-1))),
    "certificate_expiry": Bad(
        "certificate_expiry", "a certificate that ends in 10 days", _with(certificate_ends=_in_days(10)), "warn"
    ),
    "http": Bad(
        "http",
        "compressed although none was asked for",
        _with(
            answers=lambda facts: Response(
                gzip.compress(json.dumps(facts).encode()), 200, {"Content-Encoding": "gzip"}, "application/json"
            )
        ),
    ),
    "method": Bad("method", "takes POST only", _with(methods=("POST",))),
    "no_redirect": Bad("no_redirect", "redirects", _with(answers=lambda facts: RedirectResponse("/somewhere/", 308))),
    "known_id": Bad("known_id", "knows nobody", _finding(lambda identifier, facts: {})),
    "known_id_404": Bad(
        "known_id",
        "404 for everybody",
        _with(answers=lambda facts: JSONResponse({}, 404)),
        also=("unknown_id", "odd_ids", "long_id"),
    ),
    "content_type": Bad("content_type", "JSON that says it is HTML", _with(answers=lambda facts: HTMLResponse("{}"))),
    "json_object": Bad("json_object", "a list with one object", _with(answers=lambda facts: JSONResponse([facts]))),
    "json_object_cut": Bad(
        "json_object",
        "JSON that breaks off",
        _with(answers=lambda facts: Response('{"plan": ', media_type="application/json")),
    ),
    "size": Bad("size", "70,000 bytes", _adding(notes="x" * 70_000)),
    "size_tight": Bad("size", "50,000 bytes", _adding(notes="x" * 50_000), "warn"),
    "time": Bad("time", "takes 6 seconds", _with(seconds=6.0)),
    "time_tight": Bad("time", "takes 2.5 seconds", _with(seconds=2.5), "warn"),
    "token_missing": Bad(
        "token_missing", "lets callers in without a token", _token_rule(lambda given, token: not given)
    ),
    "token_missing_403": Bad(
        "token_missing",
        "refuses with 403 and not with 401",
        _with(refuses=lambda: JSONResponse({}, 403)),
        "warn",
        also=tuple(each for each in TOKENS if each != "token_missing"),
    ),
    "token_missing_data": Bad(
        "token_missing",
        "says 401 and sends the data all the same",
        _with(refuses=lambda: JSONResponse({"company": "Northwind Bikes"}, 401)),
        also=tuple(each for each in TOKENS if each != "token_missing"),
    ),
    "token_wrong": Bad(
        "token_wrong",
        "takes any token of the right length",
        _token_rule(lambda given, token: len(given) == len(token)),
        also=("token_last_character", "token_not_ascii"),
    ),
    "token_other_length": Bad(
        "token_other_length",
        "compares as many characters as it gets",
        _token_rule(lambda given, token: bool(given) and (token.startswith(given) or given.startswith(token))),
    ),
    "token_other_length_throws": Bad("token_other_length", "a compare that throws on another length", _throwing),
    "token_last_character": Bad(
        "token_last_character",
        "forgets the last character",
        _token_rule(lambda given, token: given[:-1] == token[:-1] and given.isascii() and len(given) == len(token)),
    ),
    "token_not_ascii": Bad(
        "token_not_ascii",
        "a compare that throws on é",
        _token_rule(hmac.compare_digest),
    ),
    "unknown_id": Bad(
        "unknown_id",
        "404 for an unknown id",
        _if_unknown(lambda: JSONResponse({}, 404)),
        also=("odd_ids", "long_id"),
    ),
    "unknown_id_somebody": Bad(
        "unknown_id",
        "somebody's data for an unknown id",
        _finding(lambda identifier, facts: facts or (SOMEBODY if identifier.startswith("no-such") else {})),
    ),
    "empty_id": Bad(
        "empty_id",
        "the first customer for no id",
        _finding(lambda identifier, facts: facts if identifier else SOMEBODY),
    ),
    "odd_ids": Bad("odd_ids", "the id becomes part of an SQL statement", _injectable),
    "odd_ids_error": Bad(
        "odd_ids",
        "a page with the error for an id with a quote",
        _finding(lambda identifier, facts: _raise("unrecognized token") if "'" in identifier else facts),
    ),
    "long_id": Bad(
        "long_id",
        "throws on an id of more than 64 characters",
        _finding(lambda identifier, facts: _raise("value too long") if len(identifier) > 64 else facts),  # noqa: PLR2004
    ),
    "long_id_400": Bad(
        "long_id",
        "400 for an id of more than 64 characters",
        _finding(lambda identifier, facts: {**facts, "too_long": True} if len(identifier) > 64 else facts),  # noqa: PLR2004
        "warn",
    ),
    "other_verbs": Bad("other_verbs", "takes PUT, PATCH and DELETE", _with(methods=ANY_METHOD)),
    "links": Bad("links", "a link without a host", _adding(links=[{"label": "Admin", "url": "/accounts/1"}])),
    "links_no_list": Bad("links", "links that are an object", _adding(links={"label": "Admin"})),
    "no_secrets": Bad("no_secrets", "sends the password's hash", _adding(credentials={"login_hash": BCRYPT})),
    "no_secrets_card": Bad("no_secrets", "sends a card's number", _adding(paid_with="4111 1111 1111 1111")),
    "no_secrets_echo": Bad(
        "no_secrets",
        "sends the token back",
        lambda parts, token, records: _adding(debug=f"asked with {token}")(parts, token, records),
    ),
    "amounts": Bad("amounts", "an amount in cents that does not say so", _adding(amount=58800, currency="usd"), "warn"),
    "times": Bad("times", "seconds since 1970", _adding(renews_at=1767225600), "warn"),
    "odd_ids_prototype": Bad(
        "odd_ids",
        "looks ids up in a plain object",
        _finding(lambda identifier, facts: facts or ({"name": "Object"} if identifier == "constructor" else {})),
    ),
    "known_id_login": Bad(
        "known_id",
        "a login in front of it",
        _with(answers=lambda facts: HTMLResponse("<title>Sign in</title><input type=password>", 403)),
    ),
    "type": Bad("type", "no type", _finding(lambda i, facts: {k: v for k, v in facts.items() if k != "type"}), "warn"),
    "match_path": Bad("match_path", "no address to compare a sender with", _adding(email=None)),
    "match_path_name": Bad("match_path", "a name where the address should be", _adding(email="Jane Doe")),
    "stable": Bad("stable", "counts how often it is asked", _counting),
    "stable_fails": Bad("stable", "fails now and then", _failing),
}


def broken(name: str, records: sqlite3.Connection, token: str) -> Parts:
    """Return the parts of the endpoint with one switch on."""
    parts = BAD[name].change(good(records, token), token, records)
    if name == "long_id_400":
        return replace(parts, answers=lambda facts: JSONResponse(facts, 400 if "too_long" in facts else 200))
    return parts


def main() -> None:
    """Serve one bad endpoint until Ctrl-C."""
    parser = argparse.ArgumentParser(description="A customer endpoint that breaks one requirement at a time.")
    parser.add_argument("--break", dest="name", choices=[*BAD, "nothing"], default="nothing", help="what to break")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
    parser.add_argument("--list", action="store_true", help="list what can be broken")
    options = parser.parse_args()
    if options.list:
        print("\n".join(f"{name:<26} {bad.how}" for name, bad in BAD.items()))  # noqa: T201 - the output
        return
    token, records = secrets.token_urlsafe(24), open_records()
    parts = good(records, token) if options.name == "nothing" else broken(options.name, records, token)
    ca_file = Path(tempfile.mkdtemp()) / "ca.pem"
    with suppress(KeyboardInterrupt):
        with hosted(application(parts), ca_file, options.port, parts.certificate_ends) as origin:
            print("\n".join(how_to_use(origin + PATH, token, ca_file, "id", IDS)), flush=True)  # noqa: T201 - the output
            if parts.listens:
                threading.Event().wait()
        threading.Event().wait()


if __name__ == "__main__":
    main()
