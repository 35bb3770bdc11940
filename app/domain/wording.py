"""What a text says, however it is written: its words, numbers, dates and times, so that two texts can be compared."""

import re
import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal

from support_context.plain_text import comparable

_CURRENCY = "$¢£¤¥֏؋৲৳฿៛₠-\u20cf"
_SIGNS = "-−–"
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH_NUMBERS = {name[:length]: 1 + i for i, name in enumerate(_MONTHS) for length in (3, 4, len(name))}
_MONTH = rf"(?:{'|'.join(sorted(_MONTH_NUMBERS, key=len, reverse=True))})\b\.?"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"

_DATE = re.compile(
    rf"""(?<![\w.,:/+-])(?:
        (?P<year>\d{{4}})(?P<by>[-/.])(?P<month>\d{{1,2}})(?P=by)(?P<day>\d{{1,2}})(?=t\d|(?![\w/]|[-.]\d))
      | (?P<first>\d{{1,2}})(?P<sep>[-/.])(?P<second>\d{{1,2}})(?P=sep)(?P<last>\d{{4}})(?![\w/]|[-.]\d)
      | (?P<d1>{_DAY})\.?\s(?:of\s)?(?P<m1>{_MONTH})(?:,?\s(?P<y1>\d{{4}})\b)?
      | (?P<m2>{_MONTH})\s(?P<d2>{_DAY})\b(?![.,:]?\d)(?:,?\s(?P<y2>\d{{4}})\b)?
      | (?P<m3>{_MONTH}),?\s(?P<y3>\d{{4}})\b
    )""",
    re.VERBOSE,
)
_TIME = re.compile(
    r"(?<![\d.:])t?(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?(?![:\d])"
    r"(?:\s?(?P<half>[ap])\.?m\b\.?)?\s?(?P<zone>z\b|utc\b|gmt\b|[+-]\d\d:?\d\d\b)?"
)
_ATOM = re.compile(
    rf"(?:(?:^|(?<=[\s(\[{{:;,=\"'/|{_CURRENCY}]))(?P<sign>[{_SIGNS}])(?=[{_CURRENCY}]?\d)[{_CURRENCY}]?)?"
    r"(?P<atom>[^\W_]+(?:[.,'’]\d[^\W_]*)*)(?P<percent>\s?[%‰])?"
)
_DIGIT = re.compile(r"\d")
_RUN = re.compile(r"[^\W_]+")
_SPACED_NUMBER = re.compile(r"(?<![\w.,])\d{1,3}(?: \d{3})+(?:[.,]\d+)?(?![\w])")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_SCRIPTS_MEET = re.compile(r"(?<=\d)(?=[^\W\d_a-z])|(?<=[^\W\d_a-z])(?=\d)")
"""Where a figure touches a letter that is not Latin, as in `12席`: languages without spaces write counts so."""

_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:([,'’])\d{3})(?:\1\d{3})*(?:\.\d+)?|[1-9]\d?(?:,\d\d)+,\d{3}(?:\.\d+)?")
_EUROPEAN = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+,\d+|[1-9]\d{0,2}(?:\.\d{3}){2,}")
_DECIMAL = re.compile(r"(?:0|[1-9]\d*)(?:[.,]\d+)?")

Date = tuple[int, int, int]
"""Year, month, day; 0 where the text does not say."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a text says: case-folded words, numbers in one spelling, dates as all their readings, times of day."""

    words: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    dates: set[frozenset[Date]] = field(default_factory=set)
    times: set[str] = field(default_factory=set)

    def __or__(self, other: "Wording") -> "Wording":
        return Wording(
            self.words | other.words, self.numbers | other.numbers, self.dates | other.dates, self.times | other.times
        )

    def beyond(self, known: "Wording") -> set[str]:
        """Name the words and figures of this text that the known one does not have."""
        return (
            (self.words - known.words)
            | (self.numbers - known.numbers - {str(year) for date in known.dates for year, _, _ in date})
            | (self.times - known.times)
            | {_spelt(date) for date in self.dates if not any(_agree(date, other) for other in known.dates)}
        )


def wording(text: str, known_numbers: frozenset[str] | set[str] = frozenset()) -> Wording:
    """Read a text; `1 200` counts as one number where that number is among the known ones."""
    said = Wording()
    rest = _folded(text)
    if not _DIGIT.search(rest):
        said.words.update(_RUN.findall(rest))
        return said
    rest = _DATE.sub(lambda found: _note_date(said, found), rest)
    rest = _TIME.sub(lambda found: _note_time(said, found), rest)
    if known_numbers:
        rest = _SPACED_NUMBER.sub(lambda found: _join_known(found.group(), known_numbers), rest)
    for found in _ATOM.finditer(rest):
        _note_atom(said, found["atom"], bool(found["sign"]))
        if found["percent"]:
            said.words.add("%")
    return said


def name_words(name: str) -> list[str]:
    """List the words of a name as programs write it: `monthlyRevenue_usd` is monthly, revenue, usd."""
    return _RUN.findall(_folded(part_words(name)))


def part_words(name: str) -> str:
    """Put spaces where a name in camel case has its word ends."""
    return _CAMEL.sub(" ", name)


def number(text: str) -> str | None:
    """Spell a number in one way (`1,200.00` and `1.200,00` are `1200`); None for anything else, `007` too."""
    if _THOUSANDS.fullmatch(text):
        text = re.sub("[,'’]", "", text)
    elif _EUROPEAN.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    elif _DECIMAL.fullmatch(text):
        text = text.replace(",", ".")
    else:
        return None
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


def numeral(value: float) -> str:
    """Write a JSON number without exponent and without float noise."""
    if isinstance(value, int):
        return str(value)
    written = format(Decimal(format(value, ".15g")), "f")
    return (written.rstrip("0").rstrip(".") if "." in written else written).replace("-0", "0", written == "-0")


def _folded(text: str) -> str:
    folded = comparable(text)
    if folded.isascii():
        return folded
    digits = {ord(c): str(unicodedata.decimal(c)) for c in set(folded) if c.isdecimal() and not c.isascii()}
    return _SCRIPTS_MEET.sub(" ", folded.translate(digits))


def _note_date(said: Wording, found: re.Match[str]) -> str:
    if found["year"]:
        readings = {(int(found["year"]), int(found["month"]), int(found["day"]))}
    elif found["first"]:
        year, first, second = int(found["last"]), int(found["first"]), int(found["second"])
        readings = {(year, second, first), (year, first, second)}
    else:
        year = int(found["y1"] or found["y2"] or found["y3"] or 0)
        month = _MONTH_NUMBERS[(found["m1"] or found["m2"] or found["m3"]).rstrip(".")]
        readings = {(year, month, int(re.sub(r"\D", "", found["d1"] or found["d2"] or "0")))}
    dates = frozenset(date for date in readings if date[1] in range(13) and date[2] in range(32))
    if not dates:
        return found.group()
    said.dates.add(dates)
    return " "


def _note_time(said: Wording, found: re.Match[str]) -> str:
    hour, half = int(found["hour"]), found["half"]
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    said.times.add(f"{hour}:{found['minute']}")
    if found["second"] not in (None, "00"):
        said.times.add(f"{hour}:{found['minute']}:{found['second']}")
    zone = found["zone"]
    if zone:
        said.words.add("utc" if zone in ("z", "utc", "gmt", "+00:00", "+0000") else zone)
    return " "


def _note_atom(said: Wording, atom: str, negative: bool) -> None:
    figure = number(atom) if atom[0].isdigit() else None
    if figure is not None:
        said.numbers.add(f"-{figure}" if negative and figure != "0" else figure)
    elif any(character.isdigit() for character in atom):
        said.words.add(atom)
    else:
        said.words.update(_RUN.findall(atom))


def _join_known(spaced: str, known: frozenset[str] | set[str]) -> str:
    joined = spaced.replace(" ", "")
    figure = number(joined)
    return joined if figure in known or f"-{figure}" in known else spaced


def _agree(said: frozenset[Date], known: frozenset[Date]) -> bool:
    """Tell whether a date says nothing that the known one does not say in one of its readings."""
    return any(all(a in (0, b) for a, b in zip(one, other, strict=True)) for one in said for other in known)


def _spelt(date: frozenset[Date]) -> str:
    return "/".join(map(str, min(date)))
