import pytest

from support_context.check.leaks import leak_in


@pytest.mark.parametrize(
    ("body", "what"),
    [
        pytest.param(b"Traceback (most recent call last):\n  File", "a stack trace of Python", id="Python"),
        pytest.param(rb'{"error": "File \"/app/main.py\", line 12"}', "a stack trace of Python", id="Python in JSON"),
        pytest.param(b"Error: x\n    at find (/app/src/db.js:12:9)", "a stack trace of JavaScript", id="JavaScript"),
        pytest.param(
            rb'{"stack":"Error\n    at /app/x.ts:1:2"}', "a stack trace of JavaScript", id="JavaScript in JSON"
        ),
        pytest.param(b"at com.shop.Db.find(Db.java:42)", "a stack trace of Java", id="Java"),
        pytest.param(b"at Shop.Db.Find(String id) in /src/Db.cs:line 42", "a stack trace of .NET", id=".NET"),
        pytest.param(b"app/models/user.rb:12:in `find'", "a stack trace of Ruby", id="Ruby"),
        pytest.param(b"in /var/www/index.php on line 3", "a stack trace of PHP", id="PHP"),
        pytest.param(b"goroutine 1 [running]:", "a stack trace of Go", id="Go"),
        pytest.param(b'{"error":"SQLSTATE[42000]"}', "text of a database", id="a state of SQL"),
        pytest.param(b'unrecognized token: "\'x"', "text of a database", id="SQLite"),
        pytest.param(b'ERROR: syntax error at or near "x"', "text of a database", id="PostgreSQL"),
        pytest.param(b"You have an error in your SQL syntax;", "text of a database", id="MySQL"),
        pytest.param(b"SELECT plan FROM accounts WHERE id = 'x'", "an SQL statement", id="the statement itself"),
    ],
)
def test_words_of_the_inside_are_found(body: bytes, what: str) -> None:
    assert leak_in(body) == what


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"error": "the id is not valid"}',
        b'{"detail": "Method Not Allowed"}',
        b"Internal Server Error",
        b'{"note": "Meet at 10:30 on the second floor"}',
        b'{"company": "Select Travel"}',
    ],
)
def test_nothing_is_found_in_a_clean_answer(body: bytes) -> None:
    assert leak_in(body) is None


@pytest.mark.parametrize("piece", [b"at ", b"SELECT ", b"UPDATE x", b'File "', b'near "', b"at a."])
def test_search_comes_to_an_end_when_the_body_is_made_to_slow_it(piece: bytes) -> None:
    assert leak_in(piece * (65_536 // len(piece))) is None
