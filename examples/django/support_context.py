"""A customer endpoint in Django: one secret token, two kinds of ID, nothing but reading."""

import hashlib
import hmac
import json
import os
import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

TOKEN = os.environ.get("SUPPORT_CONTEXT_TOKEN", "")
if len(TOKEN) < 16:
    # An empty secret would let everybody in, so without one there is no endpoint.
    raise ImproperlyConfigured("Set SUPPORT_CONTEXT_TOKEN to a secret of 16 characters or more")


@csrf_exempt  # callers have a token and no cookie, so nobody can be made to call it against their will
@never_cache  # customer data belongs in no cache between here and there
def support_context(request: HttpRequest) -> HttpResponse:
    # Before anything else: who has no token learns nothing.
    if not is_authorized(request.headers.get("Authorization", "")):
        return JsonResponse({"error": "unauthorized"}, status=401, headers={"WWW-Authenticate": "Bearer"})
    if request.method == "GET":
        identifier = request.GET.get("id")
    elif request.method == "POST":
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError):
            return JsonResponse({"error": "the body must be JSON"}, status=400)
        identifier = body.get("id") if isinstance(body, dict) else None
    else:
        return HttpResponseNotAllowed(["GET", "POST"])
    return JsonResponse(find(identifier))


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


def account(identifier: str) -> dict[str, object]:
    query = "SELECT plan, status, seats, monthly_revenue FROM accounts WHERE id = %s"
    row = first_row(query, identifier)
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
    row = first_row("SELECT item, amount, fulfillment_status FROM orders WHERE number = %s", number)
    if row is None:
        return {}
    return {
        "type": "order",
        "item": row["item"],
        "amount": dollars(row["amount"]),
        "fulfillment_status": row["fulfillment_status"],
        "links": [{"label": "View order in admin", "url": f"https://admin.example.com/orders/{number}"}],
    }


def first_row(query: str, identifier: str) -> dict[str, Any] | None:
    # The id is a parameter, never part of the statement; columns are named, so that a new one never leaks by itself.
    # With models: Account.objects.filter(pk=identifier).values("plan", "status", …).first()
    with connection.cursor() as cursor:
        cursor.execute(query, [identifier])
        row = cursor.fetchone()
        return row and dict(zip([column[0] for column in cursor.description], row, strict=True))


def dollars(cents: int) -> str:
    return f"${cents / 100:,.2f}"


# From here on: what your project has already. Its urls.py gets this line …
urlpatterns = [path("support-context", support_context)]

# … its settings stay as they are (DEBUG off where strangers can reach it) …
settings.configure(
    DEBUG=False,
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
application = get_wsgi_application()

# … and its database needs a user who may only SELECT, and only what support needs.
with connection.cursor() as cursor:
    cursor.executescript((Path(__file__).resolve().parent.parent / "customers.sql").read_text("utf-8"))
    cursor.execute("PRAGMA query_only = ON")
