"""Serves the web pages and their files: each page under a policy by which nothing foreign can run, load or frame it."""

from collections.abc import Awaitable, Callable, Iterable
from hashlib import sha256
from pathlib import Path

from fastapi import Request, Response
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

STATIC = Path(__file__).parents[1] / "static"
SETTINGS = STATIC / "settings"

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""The files that /static/ serves, by suffix: a machine's own table may call a script plain text, and it would not run.

A page is not among them: it would leave without its policy.
"""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors "
)
"""What a page may do, up to the origins that may frame it: nothing inline, nothing from anywhere else."""

EVERY_ANSWER = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
"""`no-cache` keeps a copy and asks whether it is still current: an address says nothing about the release."""


def serve_files(app: Starlette, folder: Path = STATIC, at: str = "/static") -> None:
    """Serve the files of a folder below a path, as they are at the start."""
    # The card is a module, which pages of a helpdesk load: their browser asks for this, and nothing here is secret.
    shared = {"Access-Control-Allow-Origin": "*"}
    files = {
        path.name: _answering(path, {"Content-Type": MEDIA_TYPES[path.suffix], **shared})
        for path in folder.iterdir()
        if path.suffix in MEDIA_TYPES
    }

    async def file(request: Request) -> Response:
        answer = files.get(request.path_params["name"])
        if answer is None:
            raise HTTPException(404)
        return await answer(request)

    app.add_route(f"{at}/{{name}}", file)


def serve_page(app: Starlette, at: str, page: Path, embed_origins: Iterable[str] = ()) -> None:
    """Serve an HTML file at a path; only pages of `embed_origins` may frame it."""
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": POLICY + (" ".join(embed_origins) or "'none'"),
        "Referrer-Policy": "no-referrer",
    }
    app.add_route(at, _answering(page, headers))


def _answering(path: Path, headers: dict[str, str]) -> Callable[[Request], Awaitable[Response]]:
    """Return a route that answers with a file, or with 304 where the browser has it."""
    body = path.read_bytes()
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {**EVERY_ANSWER, **headers, "ETag": etag}

    async def answer(request: Request) -> Response:
        known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
        if etag in known:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers)

    return answer
