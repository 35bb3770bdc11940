"""Names of identifiers in other languages than the instructions', as customers write them beside the value."""

from collections.abc import Mapping

from app.domain.reading.folding import SIGN

NUMBERED: Mapping[str, str] = {
    "account": r"konto(?:[- ]?(?:nummer|nr\.?|id)|kennung)|(?:num[ée]ro|identifiant|id|n°) (?:de |du "
    r"|de votre |de mon |de notre )"
    r"?compte|(?:n[uú]mero|id) de (?:la |mi |su |nuestra |tu |vuestra )?cuenta|(?:numero|id|"
    r"codice) (?:del mio |dell['’])?"
    r"(?:account|conto)|(?:n[uú]mero|id) da (?:minha )?conta|id da conta|accountnummer|rekeningnummer|"
    r"numer konta|id konta|"
    r"номер (?:счета|аккаунта)|アカウント ?(?:id|番号)|口座番号|账[号户](?: ?id)?|帐号|계정 ?(?:id|번호)?",
    "order": r"(?:bestell|auftrags|order)[- ]?(?:nummer|nr\.?|id)|num[ée]ro de (?:la |ma |votre )?commande"
    r"|n[uú]mero d[eo] (?:mi |su |meu "
    r"|seu )?pedido|(?:numero|codice) (?:d['’]|dell['’]|di )?ordine|bestelnummer|ordernummer|ordrenummer|"
    r"best[äæ]ll?nings"
    r"?nummer|n[uú]mero da encomenda|numer zam[óo]wienia|номер заказа|注文(?:番号|id)|オーダー番号|订单(?:编?号)?|"
    r"訂單(?:編?號)?|"
    r""
    r""
    r"주문 ?번호",
    "customer": r"kunden[- ]?(?:nummer|nr\.?|id|kennung)|num[ée]ro (?:de )?client|n° (?:de )?client"
    r"|(?:n[uú]mero|c[oó]digo|id) d[eo] cliente|"
    r"(?:numero|codice|id) (?:del )?cliente|klant(?:en)?nummer|kundnummer|kundenummer|numer klienta|номер клиента|"
    r"顧客番号|お客様番号|会員番号|客户(?:编?号)|客戶(?:編?號)|고객 ?번호",
    "invoice": r"rechnungs[- ]?(?:nummer|nr\.?)|num[ée]ro de (?:la )?facture|n[uú]mero de (?:la )?fa(?:c)?tura"
    r"|numero (?:di |della )?fattura|"
    r"factuurnummer|fakturanummer|numer faktury|номер счета|請求書番号|发票号|發票號|송장 ?번호",
    "booking": r"(?:buchungs|reservierungs)[- ]?(?:nummer|nr\.?|code)|num[ée]ro de r[ée]servation"
    r"|n[uú]mero de reserva|codice (?:di )?"
    r"prenotazione|boekingsnummer|bokningsnummer|numer rezerwacji|номер бронирования|予約番号|预订号|예약 ?번호",
    "contract": r"vertrags[- ]?(?:nummer|nr\.?)|num[ée]ro de contrat|n[uú]mero de contrato|numero di contratto"
    r"|contractnummer",
}
"""Names that say by themselves that a number or an ID follows."""

MARKED: Mapping[str, str] = {
    "account": r"konto|compte|cuenta|conto|conta|rekening",
    "order": r"bestellung|auftrag|commande|pedido|ordine|bestelling|encomenda|zam[óo]wienie|заказа?"
    r"|beställning|bestilling|ordre",
    "customer": r"kunde|client|cliente|klant|kund|klient|клиент",
    "invoice": r"rechnung|facture|factura|fatura|fattura|factuur|faktura",
    "booking": r"buchung|reservierung|r[ée]servation|reserva|prenotazione|boeking|bokning",
    "contract": r"vertrag|contrat|contrato|contratto",
}
"""Names that only a mark, as "Nr." or "n°", makes the name of a number."""

_MARK = (
    rf"[ \t]{{0,3}}(?:(?:nr|no|num|n[uú]m|nro)\b\.?|n\.? ?[°{SIGN}]|n\.|nummer|num[ée]ro|n[uú]mero"
    rf"|id\b)?[ \t]{{0,2}}[#{SIGN}°]?[ \t]?[:：]?"
)
_SAYS = r"[ \t*]{0,6}(?:\n[ \t]{0,6})?(?:[:：=#-]|\b(?:ist|lautet|es|est|è|é|is|är|er|to)\b|は|が|是|为|은|는)?"


_NUMBER_WORDS = frozenset("id ids number no nr num identifier key code".split())


def noun_of(label: str) -> str:
    """Return the noun of a label that is no more than the name of an identifier, as "Account ID:" and "Order #"."""
    words = label.rstrip(" :：=-").lower().replace("#", " # ").split()
    named = len(words) == 2 and (words[1] in _NUMBER_WORDS or words[1] == "#")  # noqa: PLR2004 - a noun and its mark
    return words[0] if named else ""


def in_other_languages(noun: str) -> str | None:
    """Return an expression for the noun's names in other languages, up to where the value begins; None: unknown."""
    if noun not in NUMBERED:
        return None
    marked = (
        rf"(?:{MARKED[noun]})(?=[ \t]{{0,3}}(?:nr|no|num|n[uú]m|nro|n\.? ?[°{SIGN}]|n\.|nummer|num[ée]ro"
        rf"|n[uú]mero|id|[#{SIGN}])){_MARK}"
    )
    return rf"(?:(?:{NUMBERED[noun]})|{marked}){_SAYS}"
