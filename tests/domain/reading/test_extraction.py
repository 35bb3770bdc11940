"""Which identifier is sent for a model's answer: a place of the email, spelt as it stands there, or none."""

import re
import time
from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.outcomes import Outcome, StepFailed
from app.domain.reading.encodings import decoded
from app.domain.reading.extraction import accept, as_sent
from app.domain.reading.folding import fold
from app.domain.tickets import Email
from support_context.identifiers import sanitize
from tests.support.tracing_cost import TIMES_LONGER

FOUND, GROUNDED, SENDABLE = Outcome.NOT_FOUND, Outcome.NOT_GROUNDED, Outcome.NOT_SENDABLE
UUID = "3f2b8c1e-9d4a-4b6f-8a7e-0c1d2e3f4a5b"
FULL = "I have been a customer of yours since the spring of last year, and my "  # 70 characters, as long as lines get


@dataclass(frozen=True)
class Case:
    """An email, what a model says of it, and what is sent: a value, or the reason for none."""

    name: str
    text: str
    said: str | None
    sent: str | Outcome
    sender: str = "jane@example.com"
    subject: str = ""


CASES = [
    # what stands there, whole
    Case("as it stands", "my id is acct_12ab.", "acct_12ab", "acct_12ab"),
    Case("spelt as in the email", "ACCT_12AB34CD", "acct_12ab34cd", "ACCT_12AB34CD"),
    Case("the place spelt as the answer first", "acct_12AB or acct_12ab", "acct_12ab", "acct_12ab"),
    Case("sender", "hi", "jane@example.com", "jane@example.com"),
    Case("subject", "hi", "10482", "10482", subject="Order #10482"),
    Case("with what only stands around it", "'acct_1'", "'acct_1'; --", "acct_1"),
    Case("with its mark", "Order #10482", "#10482", "10482"),
    Case("brackets around a mailbox", "Ann <ann@x.com>", "<ann@x.com>", "ann@x.com"),
    Case("a link to a mailbox", "mailto:ann@x.com", "mailto:ann@x.com", "ann@x.com"),
    Case("judged whole then cut", "a" * 300, "a" * 300, "a" * 256),
    Case("just short enough", "a" * 256, "a" * 256, "a" * 256),
    Case("a UUID", f"id {UUID}.", UUID, UUID),
    Case("before a genitive", "acct_12ab's plan", "acct_12ab", "acct_12ab"),
    Case("before three dots", "it is 10482...", "10482", "10482"),
    Case("before two hyphens", "it is 10482--thanks", "10482", "10482"),
    Case("before an em dash", "it is 10482—thanks", "10482", "10482"),
    Case("in markdown", "_acct_12ab_ and **10482**", "acct_12ab", "acct_12ab"),
    Case("the company's domain", "hi", "example.com", "example.com"),
    Case("after a colon without a space", "Order:10482", "10482", "10482"),
    Case("before a slash", "10482/2 is the parcel", "10482", "10482"),
    Case("a null byte in the answer", "acct_12ab", "acct_12ab\x00", "acct_12ab"),
    # nothing named
    Case("null", "hi", None, FOUND),
    Case("empty", "hi", "", FOUND),
    Case("white space", "hi", " \n", FOUND),
    Case("no letter or digit", "...", "...", FOUND),
    # not the whole of what stands there
    Case("part of a longer run", "acct_12345", "acct_123", GROUNDED),
    Case("end of a longer run", "acct_12345", "345", GROUNDED),
    Case("cut of a longer run", "a" * 300, "a" * 256, GROUNDED),
    Case("made up", "acct_123", "acct_999", GROUNDED),
    Case("cut at an underscore", "Our workspace is acct_12ab34cd_archived.", "acct_12ab34cd", GROUNDED),
    Case("cut at two underscores", "acct_12ab__old", "acct_12ab", GROUNDED),
    Case("cut at a hyphen", "order 1001-B", "1001", GROUNDED),
    Case("cut at a full stop", "version 1001.2", "1001", GROUNDED),
    Case("cut at a non-breaking hyphen", "order 1001\u2011B", "1001", GROUNDED),
    Case("cut at an en dash", "order 1001–B", "1001", GROUNDED),
    Case("cut behind a hyphen", "order B-1001", "1001", GROUNDED),
    Case("group of a UUID", UUID, "3f2b8c1e", GROUNDED),
    Case("look-alike goes on", "acct_12ab34cd\u0435", "acct_12ab34cd", GROUNDED),
    Case("Greek goes on", "acct_12ab34cd\u03bf", "acct_12ab34cd", GROUNDED),
    Case("Latin with a mark goes on", "acct_12ab34cdé", "acct_12ab34cd", GROUNDED),
    Case("a mark on the last letter", "acct_12ab34cd\u0301", "acct_12ab34cd", GROUNDED),
    Case("a ligature goes on", "acct_12abﬁ", "acct_12ab", GROUNDED),
    Case("name of a mailbox", "write to acct_5@evil.example", "acct_5", GROUNDED),
    Case("separators of its own", "ACCT-12ab", "acct_12ab", GROUNDED),
    # glued, recombined, from elsewhere
    Case("recombined", "A-1001 came, B-2002 did not.", "A-2002", GROUNDED),
    Case("a list", "Orders 1001, 1002 are late.", "1001, 1002", GROUNDED),
    Case("a list joined", "Orders 1001, 1002 are late.", "10011002", GROUNDED),
    Case("a sum", "I was charged $12.34", "1234", GROUNDED),
    Case("a telephone number", "call +1 555 0100", "15550100", GROUNDED),
    Case("the end of a telephone number", "call +1 555 0100", "5550100", GROUNDED),
    Case("two words", "I live in New York", "newyork", GROUNDED),
    Case("a house", "12 Main Street", "12Main", GROUNDED),
    Case("a date", "on 2026-11-25", "20261125", GROUNDED),
    Case("a hyphen left out", "id 12-34", "1234", GROUNDED),
    Case("a short line above", "acct_12ab\n34", "acct_12ab34", GROUNDED),
    Case("prefix of the instructions", "my number is 12", "acct_12", GROUNDED),
    Case("example of the instructions", "I lost my account number", "acct_12ab34cd", GROUNDED),
    Case("over two texts", "34", "1234", GROUNDED, subject="12"),
    Case("two cells", "1001\t2002", "10012002", GROUNDED),
    Case("name and mailbox", "Ann <ann@x.com>", "Ann <ann@x.com>", GROUNDED),
    Case("the plus left out", "ann+work@example.com", "annwork@example.com", GROUNDED),
    Case("label and value", "Account ID: acct_12ab", "Account ID: acct_12ab", GROUNDED),
    # addresses
    Case("mailbox cut at a full stop", "ann.li@x.com", "li@x.com", GROUNDED),
    Case("mailbox cut at an apostrophe", "o'brien@x.com", "brien@x.com", GROUNDED),
    Case("mailbox cut at a plus", "ann+work@x.com", "work@x.com", GROUNDED),
    Case("mailbox cut at two marks", "a..li@x.com", "li@x.com", GROUNDED),
    Case("mailbox cut at a letter with a mark", "jörg@x.com", "rg@x.com", GROUNDED),
    Case("domain cut at a full stop", "ann@x.com.evil.example", "ann@x.com", GROUNDED),
    Case("domain cut at a hyphen", "ann@x-y.com", "ann@x", GROUNDED),
    Case("address in front of another", "ann@x.com@evil.example", "ann@x.com", GROUNDED),
    Case("whole mailbox beside a longer one", "ann.li@x.com or li@x.com", "li@x.com", "li@x.com"),
    Case("mailbox in capitals", "LI@X.COM, please", "li@x.com", "LI@X.COM"),
    Case("mailbox in markdown", "**li@x.com**", "li@x.com", "li@x.com"),
    Case("mailbox after a label", "mail:li@x.com.", "li@x.com", "li@x.com"),
    Case("mailbox of a form", "Email=li@x.com;", "li@x.com", "li@x.com"),
    Case("mailbox before Hangul", "ann@x.com입니다", "ann@x.com", "ann@x.com"),
    # there, and not sendable
    Case("mailbox with a plus", "Please use ann+work@example.com", "ann+work@example.com", SENDABLE),
    Case("mailbox with an apostrophe", "o'brien@x.com", "o'brien@x.com", SENDABLE),
    Case("mailbox with a letter beyond ASCII", "jörg@x.com", "jörg@x.com", SENDABLE),
    Case("number with a slash", "invoice 2024/0001", "2024/0001", SENDABLE),
    Case("look-alikes", "асct_1", "асct_1", SENDABLE),
    Case("another script", "漢字", "漢字", SENDABLE),
    Case("the suffix too", "acct_12ab입니다", "acct_12ab입니다", SENDABLE),
    # borders by script
    Case("between kanji", "注文番号は10482です。", "10482", "10482"),
    Case("behind katakana", "オーダー10482を", "10482", "10482"),
    Case("before Hangul", "계정은 acct_12ab34cd입니다.", "acct_12ab34cd", "acct_12ab34cd"),
    Case("in Thai", "คำสั่งซื้อ10482ครับ", "10482", "10482"),
    Case("in Lao", "ເລກ10482ແມ່ນ", "10482", "10482"),
    Case("in Khmer", "លេខ10482គឺ", "10482", "10482"),
    Case("in Hebrew", "הזמנה10482בבקשה", "10482", "10482"),
    Case("behind a Hebrew hyphen", "ב-10482", "10482", "10482"),
    Case("in Arabic", "رقم10482من", "10482", "10482"),
    Case("beside marks of direction", "\u200f10482\u200f הזמנה", "10482", "10482"),
    Case("numero sign", "Заказ №10482", "10482", "10482"),
    Case("numero sign in the answer", "Заказ №10482", "№10482", "10482"),
    Case("ordinal indicator", "Pedido nº10482", "10482", "10482"),
    Case("feminine indicator", "10482ª", "10482", "10482"),
    Case("trade mark", "acct_12ab™", "acct_12ab", "acct_12ab"),
    Case("footnote", "acct_12ab¹", "acct_12ab", "acct_12ab"),
    Case("telephone sign", "℡10482", "10482", "10482"),
    # folding
    Case("full-width digits", "注文番号 １０４８２", "１０４８２", "10482"),
    Case("full-width read as ASCII", "注文番号 １０４８２", "10482", "10482"),
    Case("full-width letters and mark", "ＡＣＣＴ＿１２ａｂ", "ACCT_12ab", "ACCT_12ab"),
    Case("full-width address", "ａｎｎ＠ｘ．ｃｏｍ", "ann@x.com", "ann@x.com"),
    Case("mathematical letters", "𝐚𝐜𝐜𝐭_𝟏𝟐", "acct_12", "acct_12"),
    Case("Arabic digits", "رقم الطلب ١٠٤٨٢", "١٠٤٨٢", "10482"),
    Case("Persian digits", "سفارش ۱۰۴۸۲", "10482", "10482"),
    Case("Devanagari digits", "ऑर्डर १०४८२", "१०४८२", "10482"),
    Case("Thai digits", "หมายเลข๑๐๔๘๒", "10482", "10482"),
    Case("non-breaking hyphens", "ORD\u20112024\u20110001", "ORD\u20112024\u20110001", "ORD-2024-0001"),
    Case("en dashes read as hyphens", "ORD–2024–0001", "ORD-2024-0001", "ORD-2024-0001"),
    Case("em dashes", "ORD—2024—0001", "ORD-2024-0001", "ORD-2024-0001"),
    Case("minus signs", "ORD−2024", "ORD-2024", "ORD-2024"),
    Case("full-width hyphen", "１２３－４５", "123-45", "123-45"),
    Case("prolonged sound mark between digits", "１２３ー４５", "123-45", "123-45"),
    Case("keycaps", "1\ufe0f\u20e30\ufe0f\u20e34\ufe0f\u20e3", "104", "104"),
    Case("non-breaking space before it", "Order\u00a010482", "10482", "10482"),
    # gaps inside one value
    Case("soft hyphen", "acct_12\u00adab", "acct_12ab", "acct_12ab"),
    Case("zero-width space", "acct_12\u200bab", "acct_12ab", "acct_12ab"),
    Case("word joiner", "acct_12\u2060ab", "acct_12ab", "acct_12ab"),
    Case("nine single digits", "the number is 4 1 7 7 2 0 9 3 5 thanks", "417720935", "417720935"),
    Case("six single digits", "it is 4 1 7 7 2 0.", "417720", "417720"),
    Case("five single digits", "it is 4 1 7 7 2.", "41772", GROUNDED),
    Case("two groups", "Customer number 4177 20935, thanks", "417720935", "417720935"),
    Case("two groups as they stand", "Customer number 4177 20935, thanks", "4177 20935", "417720935"),
    Case("groups with narrow spaces", "4177\u202f209\u202f350", "4177209350", "4177209350"),
    Case("a group of two digits", "417 72", "41772", GROUNDED),
    Case("part of the groups", "4177 20935 111", "417720935", GROUNDED),
    Case("one of the groups", "room 4177 20935", "20935", "20935"),
    Case("over the end of a full line", FULL + "ID is acct_12ab\n34cd, thanks", "acct_12ab34cd", "acct_12ab34cd"),
    Case("over the end of a quoted line", "> " + FULL + "acct_12ab\n> 34cd, thanks", "acct_12ab34cd", "acct_12ab34cd"),
    Case("hyphen at the end of a full line", FULL + "ORD-2024-\n0001", "ORD-2024-0001", "ORD-2024-0001"),
    Case("before the end of a full line", FULL + "acct_12ab\nplease", "acct_12ab", "acct_12ab"),
    Case("joined to the next line's word", FULL + "acct_12ab\nplease", "acct_12abplease", GROUNDED),
    Case("words over the end of a full line", FULL + "new\nyork", "newyork", GROUNDED),
    # encodings
    Case("percent-encoded in a link", "https://l.example/?u=https%3A%2F%2Fx.example%2F10482&d=05", "10482", "10482"),
    Case("escape read as part of it", "https://l.example/?url=orders%2F10482", "2F10482", GROUNDED),
    Case("percent-encoded inside", "https://x.example/?a=acct%5F12ab34cd", "acct_12ab34cd", "acct_12ab34cd"),
    Case("cut at an escape", "https://x.example/?a=acct%5F12ab34cd", "12ab34cd", GROUNDED),
    Case("percent-encoded address", "https://x.example/?m=ann%40x.com", "ann@x.com", "ann@x.com"),
    Case("percent-encoded twice", "https://l.example/?u=https%253A%252F%252Fx%252F10482", "10482", "10482"),
    Case("a plus behind an escape", "https://x.example/?m=ann%2Bwork%40x.com", "work@x.com", GROUNDED),
    Case("a discount", "50% off order 10482", "10482", "10482"),
    Case("space of quoted-printable", "Order number:=2010482", "10482", "10482"),
    Case("space of quoted-printable read as digits", "Order number:=2010482", "2010482", GROUNDED),
    Case("query of a link is none", "https://x.example/?order=2010482", "2010482", "2010482"),
    Case("query cut as if it were", "https://x.example/?order=2010482", "10482", GROUNDED),
    Case("equals sign of quoted-printable", "id=3Dacct_12ab34cd", "acct_12ab34cd", "acct_12ab34cd"),
    Case("equals sign read as part of it", "id=3Dacct_12ab34cd", "3Dacct_12ab34cd", GROUNDED),
    Case("over a soft line break", "Account ID: acct_12ab=\n34cd", "acct_12ab34cd", "acct_12ab34cd"),
    Case("over a quoted soft line break", "> Account ID: acct_12ab=\n> 34cd", "acct_12ab34cd", "acct_12ab34cd"),
    Case("cut at a soft line break", "Account ID: acct_12ab=\n34cd", "acct_12ab", GROUNDED),
    Case("equals sign at the end", "Account ID: acct_12ab=\n\n34cd", "acct_12ab", "acct_12ab"),
    Case("octets beyond ASCII", "Bestellung f=C3=BCr 10482=20\nDanke", "10482", "10482"),
    Case("an encoded word", "hi", "10482", "10482", subject="=?UTF-8?Q?Order_=2310482?="),
    Case("an encoded word in base64", "hi", "10482", "10482", subject="=?utf-8?B?T3JkZXIgIzEwNDgy?="),
    Case("a word in a codec that a stranger chose", "hi", "xAbc", GROUNDED, subject="=?unicode-escape?Q?x=41bc?="),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_sent_is_a_place_of_the_email(case: Case) -> None:
    sent: str | Outcome
    try:
        sent = accept(
            case.said, Email.of(case.subject, case.text, case.sender), "Use the account ID, e.g. acct_12ab34cd."
        )
    except StepFailed as failure:
        sent = failure.outcome
    assert sent == case.sent


@pytest.mark.parametrize(
    ("identifier", "sent"),
    [
        pytest.param("acct_12ab34cd", "acct_12ab34cd", id="as it is"),
        pytest.param(" #10482 ", "10482", id="with what stands around it"),
        pytest.param("１０４８２", "10482", id="folded"),
        pytest.param("4177 20935", "417720935", id="in groups"),
        pytest.param("a" * 300, "a" * 256, id="cut"),
        pytest.param("ann+work@x.com", None, id="somebody else without its plus"),
        pytest.param("jörg@x.com", None, id="a letter that is not sent"),
        pytest.param("!?", None, id="nothing"),
    ],
)
def test_identifier_typed_by_a_person_is_sent_as_one_of_an_email_would_be(identifier: str, sent: str | None) -> None:
    assert as_sent(identifier) == sent


TEXTS = st.text(alphabet=st.sampled_from("ab1290_-. \n=%F@+#é\u0435注１―–º\t>"), max_size=60)


def skeleton(text: str) -> str:
    """Return letters, digits and marks of the text as it reads, in their order."""
    return re.sub(r"\s|>", "", fold(decoded(text))).replace("—", "-").lower()


@given(TEXTS, st.data())
@example("1 2 3 4 5 6", None)
def test_whatever_is_sent_stands_in_one_text_of_the_email(body: str, data: st.DataObject | None) -> None:
    start = data.draw(st.integers(0, len(body))) if data else 0
    end = data.draw(st.integers(start, len(body))) if data else len(body)
    said = data.draw(st.one_of(st.just(body[start:end]), TEXTS)) if data else body
    email = Email.of("", body, "")
    try:
        sent = accept(said, email, "It starts with ab_12.")
    except StepFailed:
        return
    assert sent
    assert sanitize(sent) == sent
    assert sent.lower() in skeleton(email.body)
    outside = re.split(re.escape(sent.lower()), skeleton(email.body))
    assert len(outside) > 1


@given(st.text(alphabet=st.characters()))
def test_folding_is_done_when_done_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("said", "body"),
    [
        pytest.param("1" * 64, "1 " * 12_000, id="all pieces"),
        pytest.param("a1-b2-c3", "a-" * 12_000, id="nearly there"),
        pytest.param("." * 1_000_000 + "1", "2", id="long answer"),
        pytest.param("a" * 1_000, "a" * 24_000, id="one long run"),
        pytest.param("a.a.a.b", "a." * 12_000, id="dots"),
        pytest.param("ab", "%41" * 8_000, id="escapes"),
        pytest.param("ab", "=41" * 8_000, id="octets"),
        pytest.param("ab", "=?utf-8?Q?" * 2_400, id="words that never end"),
        pytest.param("ab", "\ufdfa" * 24_000, id="a letter that would be eighteen"),
        pytest.param("ab1", ("x" * 80 + "\n") * 290, id="full lines"),
        pytest.param("a_b", "a" + "_" * 23_000 + "b", id="joints"),
    ],
)
def test_an_answer_is_judged_in_a_moment_when_the_email_is_hostile(said: str, body: str) -> None:
    email = Email.of("", body, "")
    started = time.process_time()
    with pytest.raises(StepFailed):
        accept(said, email, "")
    assert time.process_time() - started < 0.2 * TIMES_LONGER
