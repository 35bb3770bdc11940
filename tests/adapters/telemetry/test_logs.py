"""What a log line holds, and what it can never hold."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from threading import Thread
from time import sleep
from typing import Any

import pytest
import structlog
from structlog.contextvars import bound_contextvars

from app.adapters.telemetry.logs import QUIET, configure, enriched
from app.domain.outcomes import Outcome
from tests.adapters.telemetry.test_metrics import result

CANARY = "canary-9c2e"


class Lines(io.StringIO):
    """The stream, and the lines written to it as objects."""

    def read_all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def stream() -> Iterator[Lines]:
    """The stream of a process that is configured, and its loggers as they were when the test is over."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    lines = Lines()
    configure("info", lines)
    yield lines
    root.handlers[:], root.level = handlers, level


def test_an_enrichment_is_one_line_without_the_identifier_or_any_text(stream: Lines) -> None:
    ended = result(
        Outcome.NO_DATA, message=CANARY, identifier=CANARY, summary=CANARY, ai_context=CANARY, timings_ms={"total": 7}
    )
    with bound_contextvars(request_id="req_1"):
        enriched("t_1", "prj_1", ended)
    (line,) = stream.read_all()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "enriched",
        "level": "info",
        "logger": "customer_context",
        "request_id": "req_1",
        "ticket_id": "t_1",
        "project_id": "prj_1",
        "status": "ok",
        "reason": "no_data",
        "ai_provider": "offline",
        "ai_model": "rules",
        "timings_ms": {"total": 7},
        "input_tokens": 812,
        "output_tokens": 96,
        "cache_read_input_tokens": 100,
        "cache_creation_input_tokens": 12,
        "credits_used": 1,
    }


def test_requests_at_the_same_time_keep_their_own_ids(stream: Lines) -> None:
    async def request(request_id: str) -> None:
        with bound_contextvars(request_id=request_id):
            await asyncio.sleep(0)
            structlog.get_logger().info(request_id)

    async def both() -> None:
        await asyncio.gather(request("req_1"), request("req_2"))

    asyncio.run(both())
    structlog.get_logger().info("after")
    assert [line.get("request_id") for line in stream.read_all()] == ["req_1", "req_2", None]


def failing() -> None:
    secret = CANARY
    try:
        dict[str, str]()[secret]
    except KeyError as cause:
        raise ValueError(f"bad value {secret}") from cause


def test_an_exception_shows_classes_and_places_but_no_message_and_no_local(stream: Lines) -> None:
    try:
        failing()
    except ValueError as error:
        structlog.get_logger().error("unexpected", exc_info=error)
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
        logging.getLogger("uvicorn.error").error("again", exc_info=error)  # noqa: TRY400 - as uvicorn does
        structlog.stdlib.get_logger("x").exception("ours")
    assert CANARY not in stream.getvalue()
    for line in stream.read_all():
        first, second = line["exception"]
        assert (first["class"], second["class"]) == ("builtins.ValueError", "builtins.KeyError")
        assert "tests/adapters/telemetry/test_logs.py:" in first["frames"][-1]
        assert first["frames"][-1].endswith(" failing")
    assert len(stream.read_all()) == 4


def test_an_exception_that_is_its_own_cause_ends(stream: Lines) -> None:
    error, other = ValueError(), KeyError()
    error.__cause__, other.__cause__ = other, error
    structlog.get_logger().error("unexpected", exc_info=error)
    assert [link["class"] for link in stream.read_all()[0]["exception"]] == ["builtins.ValueError", "builtins.KeyError"]


def test_a_line_without_an_exception_has_none_when_it_was_asked_for(stream: Lines) -> None:
    logging.getLogger("x").error("nothing raised", exc_info=True, stack_info=True)
    (line,) = stream.read_all()
    assert "exception" not in line
    assert "stack" not in line


def test_a_task_that_failed_unseen_does_not_log_its_message(stream: Lines) -> None:
    async def fail() -> None:
        raise ValueError(CANARY)

    async def forget() -> None:
        task = asyncio.create_task(fail())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task

    asyncio.run(forget())
    (line,) = stream.read_all()
    assert (line["event"], line["logger"]) == ("Task exception was never retrieved", "asyncio")
    assert CANARY not in stream.getvalue()


def test_a_traceback_that_a_library_prints_is_told_by_its_class(stream: Lines) -> None:
    text = f"Traceback (most recent call last):\n  File 'x.py', line 1\nasyncpg.exceptions.Odd: {CANARY}\n"
    logging.getLogger("uvicorn.error").error(text)
    (line,) = stream.read_all()
    assert line["event"] == "Traceback (most recent call last): asyncpg.exceptions.Odd"


@pytest.mark.parametrize("name", QUIET)
def test_a_library_that_writes_bodies_is_heard_from_warning_up_at_any_level(stream: Lines, name: str) -> None:
    configure("debug", stream)
    logging.getLogger(f"{name}.deeper").info(CANARY)
    logging.getLogger(f"{name}.deeper").warning("careful")
    assert [line["event"] for line in stream.read_all()] == ["careful"]


def test_uvicorn_speaks_json_and_writes_no_access_lines(stream: Lines) -> None:
    logging.getLogger("uvicorn").addHandler(logging.StreamHandler(io.StringIO()))
    configure("debug", stream)
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 7)
    logging.getLogger("uvicorn.access").info('%s - "%s %s HTTP/%s" %d', "127.0.0.1", "GET", f"/{CANARY}", "1.1", 200)
    (line,) = stream.read_all()
    assert (line["event"], line["logger"]) == ("Started server process [7]", "uvicorn.error")


def test_lines_below_the_level_are_not_written(stream: Lines) -> None:
    configure("WARNING", stream)
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    assert [line["event"] for line in stream.read_all()] == ["loud"]


def test_lines_go_to_stderr_when_nothing_else_is_said(stream: Lines, capsys: pytest.CaptureFixture[str]) -> None:
    configure("info")
    structlog.get_logger().info("here")
    out, err = capsys.readouterr()
    assert (out, json.loads(err)["event"]) == ("", "here")


@pytest.mark.parametrize("fault", [BrokenPipeError(), ValueError("I/O operation on closed file")], ids=["pipe", "file"])
def test_a_line_that_cannot_be_written_is_lost_and_nothing_is_said_of_it(
    stream: Lines, capsys: pytest.CaptureFixture[str], fault: Exception
) -> None:
    class Broken(Lines):
        def write(self, text: str, /) -> int:
            raise fault

    configure("info", Broken())
    structlog.get_logger().info("ours", value=CANARY)
    logging.getLogger("some.library").warning("theirs %s", CANARY)
    assert capsys.readouterr() == ("", "")


def test_lines_of_ours_and_of_libraries_are_written_one_after_the_other(stream: Lines) -> None:
    class Slow(Lines):
        begun = 0

        def write(self, text: str, /) -> int:
            self.begun += 1
            sleep(0.001)
            assert self.begun == 1
            self.begun -= 1
            return super().write(text)

    slow, theirs = Slow(), logging.getLogger("some.library")
    configure("info", slow)
    writers = [Thread(target=structlog.get_logger().info, args=("ours",)) for _ in range(10)]
    writers += [Thread(target=theirs.warning, args=("theirs",)) for _ in range(10)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(line["event"] for line in slow.read_all()) == ["ours"] * 10 + ["theirs"] * 10
