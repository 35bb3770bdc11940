"""A customer endpoint in FastAPI: one secret token, two kinds of ID, nothing but reading."""

import hashlib
import hmac
import os
import re
import sqlite3
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

TOKEN = os.environ.get("SUPPORT_CONTEXT_TOKEN", "")
if len(TOKEN) < 16:
    # An empty secret would let everybody in, so without one there is no endpoint.
    raise SystemExit("Set SUPPORT_CONTEXT_TOKEN to a secret of 16 characters or more")

# Stands in for your database: connect there as a user who may only SELECT, and only what support needs.
db = sqlite3.connect(":memory:", check_same_thread=False)
db.row_factory = sqlite3.Row
db.executescript((Path(__file__).resolve().parent.parent / "customers.sql").read_text("utf-8"))
db.execute("PRAGMA query_only = ON")

app = FastAPI(openapi_url=None)  # no pages that describe it to strangers


@app.api_route("/support-context", methods=["GET", "POST"])  # any other verb: 405
async def support_context(request: Request) -> JSONResponse:
    # Before anything else: who has no token learns nothing. Hence the bare request: FastAPI would read a declared
    # body first, and its own 422 repeats what was sent.
    if not is_authorized(request.headers.get("authorization", "")):
        return JSONResponse({"error": "unauthorized"}, 401, {"WWW-Authenticate": "Bearer"})
    if request.method == "GET":
        identifier = request.query_params.get("id")
    else:
        try:
            body = await request.json()
        except (ValueError, RecursionError):
            return JSONResponse({"error": "the body must be JSON"}, 400)
        identifier = body.get("id") if isinstance(body, dict) else None
    # Customer data belongs in no cache between here and there.
    return JSONResponse(find(identifier), headers={"Cache-Control": "no-store"})


def is_authorized(header: str) -> bool:
    scheme, _, given = header.partition(" ")
    # compare_digest throws on text that is not ASCII, and tells the length by its time: two digests do neither.
    matches = hmac.compare_digest(sha256(given), sha256(TOKEN))
    return matches and scheme.lower() == "bearer"


def sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def find(identifier: object) -> dict[str, object]:
    # Anybody can write any id into an email. An unknown one is no error: the answer is an empty object.
    if not isinstance(identifier, str):  # a JSON body may hold a list, a number, null …
        return {}
    if re.fullmatch("acct_[0-9a-f]{8}", identifier):
        return account(identifier)
    if re.fullmatch("[0-9]{5,10}", identifier):
        return order(identifier)
    return {}


# The id is a parameter, never part of the statement; columns are named, so that a new one never leaks by itself.


def account(identifier: str) -> dict[str, object]:
    query = "SELECT plan, status, seats, monthly_revenue FROM accounts WHERE id = ?"
    row = db.execute(query, [identifier]).fetchone()
    if row is None:
        return {}
    return {
        "type": "account",  # tells the two shapes apart
        "plan": row["plan"],
        "status": row["status"],
        "seats": row["seats"],
        "monthly_revenue": dollars(row["monthly_revenue"]),
        "links": [{"label": "View account in admin", "url": f"https://admin.example.com/accounts/{identifier}"}],
    }


def order(number: str) -> dict[str, object]:
    row = db.execute("SELECT item, amount, fulfillment_status FROM orders WHERE number = ?", [number]).fetchone()
    if row is None:
        return {}
    return {
        "type": "order",
        "item": row["item"],
        "amount": dollars(row["amount"]),
        "fulfillment_status": row["fulfillment_status"],
        "links": [{"label": "View order in admin", "url": f"https://admin.example.com/orders/{number}"}],
    }


def dollars(cents: int) -> str:
    return f"${cents / 100:,.2f}"
