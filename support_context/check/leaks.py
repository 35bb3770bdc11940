"""Finds leaks in error pages: stack traces, and messages of a database."""

import re

LEAKS: tuple[tuple[str, re.Pattern[bytes]], ...] = tuple(
    (what, re.compile(pattern.encode(), re.IGNORECASE | re.MULTILINE))
    for what, pattern in (
        ("a stack trace of Python", r"Traceback \(most recent call last\)|File \\?\"[^\"]+\\?\", line \d+"),
        ("a stack trace of JavaScript", r"\bat [^\n]{1,200}?:\d+:\d+\)?|node:internal"),
        ("a stack trace of Java", r"\bat [\w.$]+\([\w]+\.(?:java|kt|scala):\d+\)|\bjava\.lang\.\w+"),
        ("a stack trace of .NET", r"\bat [\w.<>`]+\(.{0,200}\) in [^\n]+:line \d+|System\.\w+Exception"),
        ("a stack trace of Ruby", r"\.rb:\d+:in [`']"),
        ("a stack trace of PHP", r"\.php(?: on line |:|\()\d+|PHP (?:Fatal|Warning|Notice)"),
        ("a stack trace of Go", r"\bgoroutine \d+ \[|\bpanic: "),
        ("text of a database", r"SQLSTATE|SQLITE_\w+|sqlite3?\.\w+Error|\bORA-\d{5}|syntax error at or near"),
        (
            "text of a database",
            r"error in your SQL syntax|unrecognized token:|unterminated quoted string|near \\?\"[^\"]+\\?\": syntax",
        ),
        (
            "text of a database",
            r"\bpsycopg\w*\.|asyncpg\.|PrismaClient\w*Error|Sequelize\w*Error|Mongo\w*Error|PDOException",
        ),
        ("an SQL statement", r"\bSELECT\b[^\n]{1,500}\bFROM\b|\bINSERT INTO\b|\bUPDATE\b[^\n]{1,200}\bSET\b"),
    )
)
"""What it is called, and how it looks."""


def leak_in(body: bytes) -> str | None:
    """Name the first kind of leak in a body, or return None; the text itself is not repeated."""
    return next((what for what, pattern in LEAKS if pattern.search(body)), None)
