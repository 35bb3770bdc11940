"""The page /docs: every route with its examples, as plain HTML that loads nothing from anywhere."""

import json
from base64 import b64encode
from hashlib import sha256
from html import escape
from typing import Any

from app.web.http.errors import MEDIA_TYPE

METHODS = ("get", "put", "post", "patch", "delete")

STYLE = """
:root { color-scheme: light dark; --line: light-dark(#d8dbe0, #3a3f47); --soft: light-dark(#f4f5f7, #1d2025);
  --ink: light-dark(#1c2024, #e6e8eb); --quiet: light-dark(#5a626c, #a3abb5); --accent: light-dark(#0b57c5, #8ab4f8); }
body { font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: light-dark(#fff, #131518);
  max-width: 56rem; margin: 0 auto; padding: 2rem 1rem 6rem; }
h1 { font-size: 1.9rem; margin: 0; } h2 { margin: 2.5rem 0 .5rem; font-size: 1.25rem; }
p { margin: .4rem 0; } a { color: var(--accent); } .quiet { color: var(--quiet); }
details { border: 1px solid var(--line); border-radius: 8px; margin: .5rem 0; }
summary { padding: .6rem .9rem; cursor: pointer; overflow-wrap: anywhere; }
summary:focus-visible, a:focus-visible, pre:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
details > div { padding: 0 .9rem .9rem; } code, pre { font: .86rem/1.5 ui-monospace, monospace; }
.method { display: inline-block; min-width: 5.2rem; font-weight: 700; }
pre { background: var(--soft); border-radius: 6px; padding: .7rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } th { font-weight: 600; }
td, th { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-top: 1px solid var(--line); }
"""

LIMITS = {
    "enum": "one of {}",
    "maxLength": "at most {} characters",
    "maxItems": "at most {} items",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "default": "{} if not given",
}
"""How a limit of JSON Schema reads."""

CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""Nothing but the page's own style: no script, no image, no request."""


def page(openapi: dict[str, Any]) -> str:
    """Return the page for an OpenAPI description."""
    info = openapi["info"]
    schemas: dict[str, Any] = openapi["components"]["schemas"]
    by_tag: dict[str, list[str]] = {}
    for path, item in openapi["paths"].items():
        for method in METHODS:
            if method in item:
                by_tag.setdefault(item[method]["tags"][0], []).append(_route(path, method, item[method], schemas))
    sections = "".join(f"<h2>{escape(tag)}</h2>{''.join(routes)}" for tag, routes in by_tag.items())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])}: routes</title><style>{STYLE}</style></head><body><main>"
        f"<h1>{escape(info['title'])}</h1><p>{escape(info['description'])}</p>"
        f'<p class="quiet">Version {escape(info["version"])}, for programs: <a href="/openapi.json">/openapi.json</a>'
        "</p><p>Every route but those under Operations needs the header "
        "<code>Authorization: Bearer &lt;service token&gt;</code>; those of a project's customer context also take "
        "one of its access tokens.</p>"
        f"{sections}</main></body></html>"
    )


def _route(path: str, method: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    parts = [f"<p>{escape(operation.get('description', ''))}</p>", _parameters(operation.get("parameters", []))]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    parts.append(_body(schemas.get(body.get("schema", {}).get("$ref", "").rpartition("/")[2], {})))
    parts += [_example("Request", name, example) for name, example in body.get("examples", {}).items()]
    parts.append(_answers(operation["responses"]))
    for status, answer in operation["responses"].items():
        for content in answer.get("content", {}).values() if status.startswith("2") else ():
            parts += [_example("Answer", name, example) for name, example in content.get("examples", {}).items()]
    return (
        f'<details><summary><span class="method">{method.upper()}</span><code>{escape(path)}</code> '
        f'<span class="quiet">{escape(operation["summary"])}</span></summary><div>{"".join(parts)}</div></details>'
    )


def _parameters(parameters: list[dict[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(each['name'])}</code></td><td>{escape(each['in'])}"
        f"{', required' if each.get('required') else ''}</td><td>{escape(each.get('description', ''))}</td></tr>"
        for each in parameters
    )
    return f"<table><tr><th>Parameter</th><th>In</th><th>Meaning</th></tr>{rows}</table>" if rows else ""


def _body(schema: dict[str, Any]) -> str:
    """Return the table of a request body's members, each with its type, its limits and what it means."""
    required = schema.get("required", ())
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(_kind(member))}"
        f"{', required' if name in required else ''}</td><td>{escape(member.get('description', ''))}</td></tr>"
        for name, member in schema.get("properties", {}).items()
    )
    return f"<table><tr><th>Body</th><th>Type</th><th>Meaning</th></tr>{rows}</table>" if rows else ""


def _kind(member: dict[str, Any]) -> str:
    """Return a member's type in words: `string or null, at most 2048 characters`."""
    choices = [each for each in member.get("anyOf", [member]) if each]
    kinds = [each.get("type") or each.get("$ref", "").rpartition("/")[2] or "any" for each in choices]
    limits = [
        words.format(_plainly(each[limit]))
        for each in [member, *choices[:1]]
        for limit, words in LIMITS.items()
        if limit in each
    ]
    return ", ".join([" or ".join(dict.fromkeys(kinds)), *dict.fromkeys(limits)])


def _plainly(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_plainly, value))
    return f"{value:,.0f}" if isinstance(value, int | float) and not isinstance(value, bool) else json.dumps(value)


def _answers(responses: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{escape(status)}</td><td>{escape(answer['description'])}{_codes(answer)}</td></tr>"
        for status, answer in sorted(responses.items())
    )
    return f"<table><tr><th>Status</th><th>When</th></tr>{rows}</table>"


def _codes(answer: dict[str, Any]) -> str:
    examples = answer.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
    return "".join(f" <code>{escape(code)}</code>" for code in examples)


def _example(what: str, name: str, example: dict[str, Any]) -> str:
    title = escape(example.get("summary", name))
    value = example["value"]
    text = escape(value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False))
    # Focusable, so that a keyboard can scroll it.
    return f'<p class="quiet">{what}: {title}</p><pre tabindex="0">{text}</pre>'
