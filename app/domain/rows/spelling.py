"""Tables that rows are spelt by: currencies, units, and the words of keys that name money, minor units and times."""

from collections.abc import Mapping

NOTHING = "—"
"""Text shown where the JSON has null or an empty text."""

ORDERS_LEFT_OUT = "(orders to an AI, not shown)"
"""Text shown for a text of the record that speaks to a model: neither an agent nor a draft needs it."""

NO_DECIMALS, THREE_DECIMALS, FOUR_DECIMALS = (
    frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split()),
    frozenset("BHD IQD JOD KWD LYD OMR TND".split()),
    frozenset("CLF UYW".split()),
)

CURRENCIES: Mapping[str, int] = {
    code: 0 if code in NO_DECIMALS else 3 if code in THREE_DECIMALS else 4 if code in FOUR_DECIMALS else 2
    for code in (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD "
        "CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP "
        "GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK "
        "LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR "
        "PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL "
        "THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF "
        "YER ZAR ZMW ZWG"
    ).split()
}
"""Decimals of each currency (ISO 4217, list one, of 2025)."""

CURRENCIES_IN_KEYS = frozenset(
    "usd eur gbp jpy chf cad aud nzd sek nok dkk isk pln czk huf cny inr brl mxn sgd hkd krw twd zar ils aed sar "
    "kwd bhd uah".split()
)
"""Codes that the end of a key may name, as in `price_eur`; others are words too (`top`, `all`, `try`)."""

CURRENCY_SIGNS: Mapping[str, str] = {
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "₩": "KRW",
    "₪": "ILS",
    "₺": "TRY",
    "zł": "PLN",
}
"""Signs that mean one currency; `$`, `¥` and `kr` mean several."""

CURRENCY_WORDS: Mapping[str, str] = {
    "euro": "EUR", "us dollar": "USD", "usd": "USD", "british pound": "GBP", "pound sterling": "GBP",
    "swiss franc": "CHF", "yen": "JPY",
}  # fmt: skip
"""Names of currencies in an owner's instructions, in the singular."""

MONEY = frozenset(
    "price amount mrr arr revenue balance fee cost spend spent charge refund subtotal ltv gmv budget salary deposit "
    "debt bill turnover premium rent wage payout payment preis betrag umsatz saldo guthaben kosten precio importe "
    "coste ingreso prix montant revenu coût solde prezzo importo costo ricavo preço valor receita saldo prijs bedrag "
    "pris belopp beløb kwota cena".split()
)
"""Words of a key, or of a wish, that name money by themselves."""

WEAK_MONEY = frozenset("total due paid overdue outstanding owed owing value credit lifetime net gross monthly".split())
"""Words that name money only where nothing else stands beside them: `total_due`, but not `total_seats`."""

OF_MONEY = frozenset(
    "data attribute result customer record object response payload account order invoice cart checkout bill billing "
    "subscription plan purchase sale transaction line item refund charge receipt quote contract rechnung bestellung "
    "facture commande pedido factura ordine fattura".split()
)
"""Words of the objects whose `total` is money; that of `seats` is not, whatever currency stands above it."""

NO_MONEY = frozenset("count number id rate ratio percent pct quantity qty month day year status type date at".split())

MINOR = frozenset("cent minor pence penny centime centavo céntimo grosz kopek øre öre rappen subunit".split())
"""Words of a key that say that its amounts are in the currency's smallest unit."""

TWO_DECIMALS = frozenset("cent pence penny centime centavo céntimo grosz kopek øre öre rappen".split())
"""Those that say how many of them make one."""

TIMES = frozenset(
    "at on date time timestamp ts epoch unix since until till start started end ended begin began created updated "
    "modified expire expired expiry expiration renew renewed renewal due login logon seen signup joined registered "
    "activated cancelled canceled birthday born valid from to last next when deadline closed opened sent shipped "
    "delivered received ordered billed activity anniversary datum seit bis ab fecha heure hora data".split()
)
"""Words of a key that names a point in time."""

NO_TIMES = frozenset(
    "id number no phone count amount total code byte size ref version price balance revenue mrr arr fee cost serial "
    "sku seat user invoice_number duration ttl score order".split()
)

BARE_TIMES = frozenset("second value ts unix epoch milli ms date time timestamp".split())
"""Keys that are a time where their parent is named as one, as `{"created": {"seconds": …}}`."""

UNITS: Mapping[str, str] = {
    "%": "%", "percent": "%", "pct": "%", "percentage": "%", "ms": "ms", "millisecond": "ms", "sec": "s",
    "second": "s", "min": "min", "minute": "min", "h": "h", "hr": "h", "hour": "h", "day": "days", "week": "weeks",
    "month": "months", "byte": "B", "kb": "KB", "mb": "MB", "gb": "GB", "tb": "TB", "kib": "KiB", "mib": "MiB",
    "gib": "GiB", "kg": "kg", "km": "km", "kwh": "kWh", "kw": "kW", "mbps": "Mbit/s", "gbps": "Gbit/s", "°c": "°C",
}  # fmt: skip
"""Units that the last word of a key, or what stands in brackets behind it, gives its number."""

BYTE_UNITS = ("B", "KB", "MB", "GB", "TB", "PB")

PERCENT_WORDS = frozenset("% percent percentage pct prozent porcentaje pourcentage".split())

COUNTED = frozenset("count total quantity qty view byte point score hit visit".split())
"""Words of a key whose number is grouped by thousands; a number by another key may be somebody's ID."""

TRUE = frozenset("true yes y 1 on t enabled".split())
FALSE = frozenset("false no n 0 off f disabled".split())
"""Spellings of a boolean."""

AFFIRMATIVE = frozenset("yes on true enabled active ja oui sí si sim tak da".split())
NEGATIVE = frozenset("no off false disabled inactive nein non não nie nee nej".split())
"""Words of an owner's pair that mean true and false by themselves."""

GOOD_STATES = frozenset("active enabled on yes true open paid verified valid subscribed".split())
BAD_STATES = frozenset(
    "inactive canceled cancelled expired closed ended terminated suspended disabled off no false unpaid overdue "
    "unverified invalid blocked deleted revoked refunded failed denied rejected churned paused frozen archived "
    "unsubscribed incomplete banned none defaulted lapsed".split()
)
"""States that deny each other: a fact of one kind never stands behind an owner's word of the other."""

OTHER_TIMES = frozenset(
    "previous prev old former past prior next upcoming future pending requested planned proposed target".split()
)
"""Words of a key that say that it is not the present thing: `next_plan` is not the plan."""

EVENTS = tuple(
    frozenset(words.split())
    for words in (
        "created joined registered signup signed since opened activated",
        "ordered placed purchased bought",
        "shipped dispatched sent",
        "delivered received arrived",
        "billed invoiced",
        "updated modified changed",
        "login logon seen activity",
        "cancelled canceled closed terminated deleted churned",
        "started start begin began",
        "ended end ends expires expire expired expiry renews renew renewal renewed until",
        "paid payment",
        "refunded returned",
    )
)
"""Events, in groups of words for one: a label that names one is never put on the time of another."""

NEGATIONS = frozenset(
    "not no never none non without isn doesn hasn wasn aren don didn won cannot cant nicht kein keine keinen nie "
    "niemals ohne pas aucun jamais sans nunca ningún sin não nunca sem nem niet geen nooit inte ingen aldrig ikke nie "
    "bez не нет никогда без ない ません 不 没 未 无 無 없 않 لا غير ليس לא".split()
)
"""Words that turn a sentence into its contrary, in the languages that most desks write."""
