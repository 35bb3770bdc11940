"""Tables of words that a figure in a draft is written with: months, currencies, units, endings of host names."""

from app.domain.rows.spelling import CURRENCIES, CURRENCY_SIGNS


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jänner janvier enero ene gennaio gen janeiro januari",
            "february feb februar février févr febrero febbraio fevereiro fev februari",
            "march mar märz mär mars marzo março maart",
            "april apr avril avr abril abr aprile",
            "may mai mayo maggio mag maio mei",
            "june jun juni juin junio giugno giu junho",
            "july jul juli juillet juil julio luglio lug julho",
            "august aug août agosto ago augustus",
            "september sep sept septembre septiembre settembre set setembro",
            "october oct oktober okt octobre octubre ottobre ott outubro out",
            "november nov novembre noviembre novembro",
            "december dec dezember dez décembre déc diciembre dic dicembre dezembro",
        ),
        1,
    )
    for name in names.split()
}
"""Month names and their short forms in seven languages, in small letters."""

DOLLARS = _words("USD AUD CAD NZD SGD HKD MXN BRL TWD ARS CLP COP")
"""What a plain `$` can mean."""

CODES_THAT_ARE_WORDS = frozenset({"ALL", "BOB", "CUP", "MOP", "PEN", "SOS", "TOP"})
"""Codes that people shout as words: "ALL 12 seats", "the TOP 10"."""

CURRENCIES_MEANT = {
    **{code: frozenset({code}) for code in CURRENCIES if code not in CODES_THAT_ARE_WORDS},
    **{sign: frozenset({code}) for sign, code in CURRENCY_SIGNS.items()},
    "$": DOLLARS,
    "£": frozenset({"GBP", "EGP"}),
    "¥": frozenset({"JPY", "CNY"}),
    "₽": frozenset({"RUB"}),
    "₴": frozenset({"UAH"}),
    "₫": frozenset({"VND"}),
    "฿": frozenset({"THB"}),
    "₦": frozenset({"NGN"}),
    "₱": frozenset({"PHP"}),
    "₸": frozenset({"KZT"}),
    "US$": frozenset({"USD"}),
    "A$": frozenset({"AUD"}),
    "C$": frozenset({"CAD"}),
    "R$": frozenset({"BRL"}),
    "dollars": DOLLARS,
    "dollar": DOLLARS,
    "euros": frozenset({"EUR"}),
    "euro": frozenset({"EUR"}),
    "pounds": frozenset({"GBP"}),
    "pound": frozenset({"GBP"}),
    "francs": frozenset({"CHF", "XOF", "XAF"}),
    "franken": frozenset({"CHF"}),
    "yen": frozenset({"JPY"}),
    "yuan": frozenset({"CNY"}),
    "rupees": frozenset({"INR"}),
    "kr": frozenset({"SEK", "NOK", "DKK", "ISK"}),
    "kč": frozenset({"CZK"}),
}
"""Currency codes (ISO 4217), signs and words, with the codes that each can mean."""

MULTIPLES = {
    "k": 3,
    "thousand": 3,
    "tsd": 3,
    "m": 6,
    "mn": 6,
    "mio": 6,
    "million": 6,
    "millions": 6,
    "millionen": 6,
    "bn": 9,
    "billion": 9,
    "billions": 9,
    "mrd": 9,
}
"""Words behind a number, with the power of ten by which they multiply it."""

UNITS = _words("""
    h hr hrs hour hours min mins minute minutes s sec secs second seconds ms d day days week weeks month
    months year years x px kb mb gb tb kib mib gib g kg km m cm mm l ml kwh kw w v a c f st nd rd th
    seat seats user users step factor page pages digit digits character characters person people item
    items fold tage tag uhr stunden jahre monate monat wochen minuten am pm
""")
"""What a number can be written together with, as in `24h`, `12GB` or `30-day`: the number is what is checked."""

ORDINAL_ENDINGS = frozenset({"st", "nd", "rd", "th"})

NAMES_WITH_DIGITS = _words("""
    oauth2 ipv4 ipv6 sha1 sha256 sha512 base64 utf8 utf16 http2 http3 office365 mp3 mp4 md5 es6 log4j
    x509 saml2 microsoft365 windows10 windows11 web3 html5 css3
""")
"""Names of techniques, which are no identifiers of anybody."""

TOP_LEVEL = _words("""
    com net org io co app dev ai info biz edu gov int mil eu me tv cloud shop store online site tech xyz
    page link email support help live club news blog agency digital software systems solutions services
    group company finance health zone world today team work wiki design media network test example
    invalid local localhost internal onion de fr es it nl be at ch uk ie us ca au nz jp cn in br mx ar
    cl pl cz sk hu ro bg gr pt se no dk fi is ee lv lt ua ru tr il ae sa za ng ke eg sg hk tw kr th vn
    id my ph pk lk bd np li lu mt cy si hr rs ba mk al md by kz ge am az to ly gg sh gl fm so
""")
"""Endings by which a name with dots is a host, and no file and no missing space."""
