"""Tells where older messages begin in the text of an email, as mail programs head them in many languages."""

import re
from collections.abc import Iterable, Sequence

DEEPEST_QUOTE = 3
"""Levels of quoting that are marked with `> `; what is older stays at the last mark."""

LONGEST_HEADING = 300
"""Characters of a line that may head an older message."""

MOST_ROWS = 5_000
"""Rows of an email that are looked at for a header: more than anybody writes above one."""

HEADER_LINES = 4
"""Lines of a header among which the second of its names must stand."""

_FROM = (
    "From|Von|De|Da|Van|Från|Fra|Lähettäjä|Od|Feladó|От|От кого|Від|Kimden|De la|Gönderen|Από|差出人|送信者|发件人|"
    "寄件者|寄件人|보낸 사람|보낸사람|מאת|من|จาก|Từ|Dari|Pošiljatelj|Šalje"
)
_SENT = (
    "Sent|Date|Gesendet|Datum|Envoyé|Envoyé le|Enviado|Enviada|Enviado el|Enviado em|Enviada em|Fecha|Data|Inviato|"
    "Verzonden|Skickat|Sendt|Dato|Lähetetty|Päivämäärä|Wysłano|Wysłane|Odesláno|Odoslané|Elküldve|Dátum|Küldve|"
    "Отправлено|Дата|Надіслано|Gönderildi|Gönderme Tarihi|Tarih|Trimis|Στάλθηκε|Εστάλη|Ημερομηνία|送信日時|日付|日時|"
    "发送时间|发送日期|日期|寄件日期|傳送時間|보낸 날짜|날짜|נשלח|תאריך|تم الإرسال|تاريخ الإرسال|التاريخ|أرسلت|วันที่|"
    "ส่งเมื่อ|Đã gửi|Ngày|Dikirim|Tanggal|Poslano"
)
_TO = (
    "To|An|À|Para|A|Aan|Till|Til|Vastaanottaja|Do|Komu|Címzett|Кому|Kime|Către|Προς|宛先|收件人|收件者|받는 사람|"
    "אל|إلى|ถึง|Đến|Kepada|Prima"
)
_HEADER_FROM = re.compile(rf"[*_\s|]*(?:{_FROM})[*_]{{0,2}}\s{{0,2}}[:：][*_\s]*\S", re.IGNORECASE)
_HEADER_SENT = re.compile(rf"[*_\s|]*(?:{_SENT})[*_]{{0,2}}\s{{0,2}}[:：][*_\s]*\S", re.IGNORECASE)
_HEADER_TO = re.compile(rf"[*_\s|]*(?:{_TO})[*_]{{0,2}}\s{{0,2}}[:：][*_\s]*\S", re.IGNORECASE)
_RULE = re.compile(
    r"\s*(?:-{2,}\s?(?:original|forwarded|ursprüngliche|weitergeleitete|message|mensaje|mensagem|messaggio|"
    r"oorspronkelijk|oprindelig|ursprungligt|wiadomość|исходное|переадресованное|пересылаемое|原始邮件|原始郵件|転送|"
    r"元のメッセージ|원본).{0,60}-{2,}|begin forwarded message:|anfang der weitergeleiteten.{0,20}:|"
    r"début du message (?:transféré|réexpédié).{0,20}:)\s*",
    re.IGNORECASE,
)
_REPLY_LINE = re.compile(
    r"\s*(?:##-.{3,120}-##|[-–—_=*#\s]{0,20}(?:please )?(?:type|write|enter|add|reply|"
    r"respond)\b.{0,40}\babove this line\b.{0,60})\s*",
    re.IGNORECASE,
)
"""What helpdesks write under the place for an answer: what follows is their own mail."""

_WROTE = re.compile(
    r"\s*(?:on\b.{4,250}\bwrote|am\b.{4,250}\bschrieb.{0,80}|le\b.{4,250}\ba écrit|el\b.{4,250}\bescribió|"
    r"em\b.{4,250}\bescreveu|il\b.{4,250}\bha scritto|op\b.{4,250}\bschreef.{0,80}|den\b.{4,250}\bskrev.{0,80}|"
    r"w dniu\b.{4,250}\bnapisał(?:\(a\)|a)?|.{4,250}(?:написал(?:\(а\)|а)?|пише|kirjoitti|napsal(?:\(a\)|a)?|írta|"
    r"yazdı|写道|寫道|のメール|さんが書きました|님이 작성))\s?[:：]\s*",
    re.IGNORECASE,
)


def begins_older(rows: Sequence[str], at: int) -> bool:
    """Tell whether an older message begins with this row, all that follows included: a header, or a rule above one."""
    row = rows[at]
    if len(row) > LONGEST_HEADING:
        return False
    if _RULE.fullmatch(row) or (_REPLY_LINE.fullmatch(row) and any(rows[:at])):
        return True
    if not _HEADER_FROM.match(row):
        return False
    following = [each for each in rows[at + 1 : at + 1 + HEADER_LINES] if len(each) <= LONGEST_HEADING]
    return any(map(_HEADER_SENT.match, following)) and (len(following) == 1 or any(map(_HEADER_TO.match, following)))


def announces_quote(rows: Sequence[str], at: int) -> bool:
    """Tell whether this row, alone or with the next, says who wrote what is quoted below it."""
    pair = " ".join(rows[at : at + 2])
    return any(len(text) <= LONGEST_HEADING and _WROTE.fullmatch(text) for text in (rows[at], pair))


def marked(rows: Iterable[tuple[int, str]]) -> list[str]:
    """Put `> ` before quoted rows, each given with its level, and before all rows from a header of Outlook on."""
    given = list(rows)
    texts = [row for _, row in given]
    lines = []
    older = 0
    for at, (level, row) in enumerate(given):
        if not level and not older and at < MOST_ROWS and begins_older(texts, at):
            older = 1
        lines.append("> " * min(max(level, older), DEEPEST_QUOTE) + row)
    return lines
