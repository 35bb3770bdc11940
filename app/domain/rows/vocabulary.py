"""Words of summaries that say something hard: numbers, units, times and promises, in the languages that desks write.

And the ways in which a text of a record gives orders to an AI that might read it.
"""

import re

COUNT_WORDS = frozenset(
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion trillion dozen "
    "double triple twice half zero "
    "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig vierzig fünfzig sechzig siebzig "
    "achtzig neunzig hundert tausend million millionen milliarde milliarden dutzend doppelt hälfte null "
    "deux trois quatre cinq sept huit neuf dix onze douze vingt trente quarante cinquante soixante cent mille "
    "dos tres cuatro cinco seis siete ocho nueve diez once doce veinte treinta cuarenta cincuenta sesenta setenta "
    "ochenta noventa cien ciento mil millón "
    "due tre quattro cinque sei sette otto nove dieci undici dodici venti trenta quaranta cinquanta sessanta settanta "
    "ottanta novanta mille dois três quatro oito dez vinte trinta quarenta cinquenta sessenta oitenta noventa cem "
    "twee drie vijf zes zeven acht negen tien twintig dertig veertig vijftig zestig zeventig tachtig negentig honderd "
    "två tre fyra fem sju åtta nio tio tjugo hundra två fire seks syv otte ni ti tyve hundre "
    "dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć sto tysiąc "
    "два три четыре пять шесть семь восемь девять десять двадцать тридцать сорок пятьдесят шестьдесят семьдесят "
    "восемьдесят девяносто сто тысяча миллион iki üç dört beş altı yedi sekiz dokuz on yirmi otuz yüz bin".split()
) - {"on", "sei", "once", "cent", "due", "bin", "ti", "ni", "sto"}
"""Numbers in words; those that are common words of another language are left out."""

HAN_NUMERALS = frozenset("一二三四五六七八九十百千万萬億亿两兩零〇壱弐参")

UNIT_WORDS = frozenset(
    "% ‰ percent percentage pct prozent porcentaje percento procent k bn mn mio mrd thousand million billion "
    "dollar dollars euro euros pound pounds yen cents cent usd eur gbp jpy chf cad aud nzd sek nok dkk pln czk huf "
    "cny inr brl mxn sgd hkd krw zar".split()
)
"""Words that change what the number beside them says, and say something by themselves."""

DURATIONS = frozenset(
    "second seconds minute minutes hour hours day days week weeks month months quarter quarters year years decade "
    "decades ms s h min kb mb gb tb kg km tag tage woche wochen monat monate jahr jahre stunde stunden jour jours "
    "semaine semaines mois an ans année années heure heures día días semana semanas mes meses año años hora horas "
    "giorno giorni mese mesi anno anni dia dias mês ano anos dag dagen maand maanden jaar år dni lat день дней лет "
    "年 月 日 時間".split()
) - {"an"}
"""Words that only change what the number beside them says."""

TIME_WORDS = frozenset(
    "today yesterday tomorrow tonight january february april june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday "
    "heute gestern morgen januar februar märz mai juni juli oktober dezember montag dienstag mittwoch donnerstag "
    "freitag samstag sonntag aujourd'hui hier demain janvier février mars avril juin juillet août septembre octobre "
    "novembre décembre hoy ayer mañana enero febrero marzo abril mayo junio julio agosto septiembre octubre "
    "noviembre diciembre oggi ieri domani".split()
) - {"mar", "mars", "hier"}
"""Dates in words."""

RELATIVE = frozenset(
    "next last this coming past previous following nächste nächsten nächstes letzte letzten kommende kommenden próximo "
    "próxima pasado pasada prochain prochaine".split()
)
"""Words that make a date of a duration behind them, as "next month": of another day than the one that is read on."""

PROMISES = frozenset(
    "approved granted confirmed promised eligible entitled guaranteed authorized authorised waived vip trial trialing "
    "pending scheduled completed delivered shipped returned resolved escalated urgent priority fraud fraudulent "
    "lawsuit complaint discount refund refunds credit genehmigt bestätigt gekündigt bezahlt aktiv inaktiv gesperrt "
    "storniert überfällig actif inactif annulé payé remboursé activo inactivo cancelado pagado reembolsado attivo "
    "inattivo annullato pagato ativo pago".split()
)
"""States and promises that a reply would be built on."""

COMMON_WORDS = frozenset(
    "account customer with from this that have been they their will which about would could should there these those "
    "what when where who whom whose into over under after before during more most some such than then them only also "
    "very just like please thanks thank hello dear sir madam may can are was were has had him her his you your our "
    "not but all any out one new now per via for the and its it's plan name email phone order orders user users team "
    "company support contact since until".split()
)
"""Words that stand in any text, also in a long one, and say nothing of it."""

ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass) (?:(?:all|any|the|your|my|our|previous|prior|above|earlier|"
    r"following|"
    r"these|those|of|system|other) ){0,5}(?:instructions?|rules|prompts?|guidelines)\b"
    r"|(?:^|[.!?\n] ?)\W{0,3}(?:assistant|ai|llm|gpt|chatgpt|claude|copilot)(?: (?:prompt|message|note|"
    r"instructions?))? ?[:>]"
    r"|\bsystem(?: (?:prompt|message|instructions?))? ?[:>].{0,40}\b(?:ignore|disregard|forget|say|write|tell|"
    r"reply|you)\b"
    r"|<\|[a-z_]{1,20}\|>|\[/?inst\]|<</?sys>>|\b(?:system|developer) prompt\b|### ?(?:system|instruction|assistant)"
    r"|\byou are (?:now )?(?:an? )?(?:ai|assistant|language model|chatbot|dan)\b|\bnew (?:system )?instructions? ?:"
    r"|\b(?:ignorier|vergiss|vergess)\w* (?:\w+ ){0,4}(?:anweisung|instruktion|regel)"
    r"|\b(?:ignor|olvid|esquec)\w* (?:\w+ ){0,3}(?:instruc|instru[cç])|\b(?:ignore|"
    r"oublie)[zr]? (?:\w+ ){0,3}(?:instructions|consignes)"
    r"|\bignora\w* (?:\w+ ){0,3}istruzioni|\bnegeer (?:\w+ ){0,3}instructies|"
    r"\bигнорируй\w* (?:\w+ ){0,3}(?:инструкц|указан)"
    r"|指示を無視|忽略.{0,10}(?:指令|指示|说明)|지시.{0,8}무시"
)
"""How a text speaks to a model instead of to a person, in small letters; such a text is shown to nobody."""
