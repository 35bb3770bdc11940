"""Reads CSS as mail needs it: declarations, rules of `<style>` for a wide screen, lengths and colours."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

SCREEN_PIXELS = 1280
"""Width of the screen that `@media` is asked about: an agent reads at a desk."""

USUAL_FONT_PIXELS = 16.0

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_TOKEN = re.compile(r"([^{};]*)([{};]|\Z)")
_LENGTH = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(px|pt|pc|in|cm|mm|rem|em|ex|ch|%|vw|vh)?")
_SIZE_OF_FONT = re.compile(
    r"(?:^|\s)((?:\d+\.?\d*|\.\d+)(?:px|pt|pc|in|cm|mm|rem|em|ex|ch|%|vw|vh)|0+(?:\.0*)?)(?=[\s/]|$)"
)
_PIXELS = {"px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 37.8, "mm": 3.78, "rem": 16.0, "vw": 12.8, "vh": 8.0}
_PIXELS |= {"": 1.0}  # quirks mode, in which mail is shown
_OF_THE_FONT = {"em": 1.0, "%": 0.01, "ex": 0.5, "ch": 0.5}
_FONT_WORDS = {"xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0}
_FONT_WORDS |= {"xx-large": 32.0, "initial": 16.0}

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
_NAMED = """
aliceblue:f0f8ff antiquewhite:faebd7 aqua:00ffff aquamarine:7fffd4 azure:f0ffff beige:f5f5dc bisque:ffe4c4
black:000000 blanchedalmond:ffebcd blue:0000ff blueviolet:8a2be2 brown:a52a2a burlywood:deb887 cadetblue:5f9ea0
chartreuse:7fff00 chocolate:d2691e coral:ff7f50 cornflowerblue:6495ed cornsilk:fff8dc crimson:dc143c cyan:00ffff
darkblue:00008b darkcyan:008b8b darkgoldenrod:b8860b darkgray:a9a9a9 darkgreen:006400 darkgrey:a9a9a9 darkkhaki:bdb76b
darkmagenta:8b008b darkolivegreen:556b2f darkorange:ff8c00 darkorchid:9932cc darkred:8b0000 darksalmon:e9967a
darkseagreen:8fbc8f darkslateblue:483d8b darkslategray:2f4f4f darkslategrey:2f4f4f darkturquoise:00ced1
darkviolet:9400d3 deeppink:ff1493 deepskyblue:00bfff dimgray:696969 dimgrey:696969 dodgerblue:1e90ff firebrick:b22222
floralwhite:fffaf0 forestgreen:228b22 fuchsia:ff00ff gainsboro:dcdcdc ghostwhite:f8f8ff gold:ffd700 goldenrod:daa520
gray:808080 green:008000 greenyellow:adff2f grey:808080 honeydew:f0fff0 hotpink:ff69b4 indianred:cd5c5c indigo:4b0082
ivory:fffff0 khaki:f0e68c lavender:e6e6fa lavenderblush:fff0f5 lawngreen:7cfc00 lemonchiffon:fffacd lightblue:add8e6
lightcoral:f08080 lightcyan:e0ffff lightgoldenrodyellow:fafad2 lightgray:d3d3d3 lightgreen:90ee90 lightgrey:d3d3d3
lightpink:ffb6c1 lightsalmon:ffa07a lightseagreen:20b2aa lightskyblue:87cefa lightslategray:778899
lightslategrey:778899 lightsteelblue:b0c4de lightyellow:ffffe0 lime:00ff00 limegreen:32cd32 linen:faf0e6
magenta:ff00ff maroon:800000 mediumaquamarine:66cdaa mediumblue:0000cd mediumorchid:ba55d3 mediumpurple:9370db
mediumseagreen:3cb371 mediumslateblue:7b68ee mediumspringgreen:00fa9a mediumturquoise:48d1cc mediumvioletred:c71585
midnightblue:191970 mintcream:f5fffa mistyrose:ffe4e1 moccasin:ffe4b5 navajowhite:ffdead navy:000080 oldlace:fdf5e6
olive:808000 olivedrab:6b8e23 orange:ffa500 orangered:ff4500 orchid:da70d6 palegoldenrod:eee8aa palegreen:98fb98
paleturquoise:afeeee palevioletred:db7093 papayawhip:ffefd5 peachpuff:ffdab9 peru:cd853f pink:ffc0cb plum:dda0dd
powderblue:b0e0e6 purple:800080 red:ff0000 rosybrown:bc8f8f royalblue:4169e1 saddlebrown:8b4513 salmon:fa8072
sandybrown:f4a460 seagreen:2e8b57 seashell:fff5ee sienna:a0522d silver:c0c0c0 skyblue:87ceeb slateblue:6a5acd
slategray:708090 slategrey:708090 snow:fffafa springgreen:00ff7f steelblue:4682b4 tan:d2b48c teal:008080
thistle:d8bfd8 tomato:ff6347 turquoise:40e0d0 violet:ee82ee wheat:f5deb3 white:ffffff whitesmoke:f5f5f5 yellow:ffff00
yellowgreen:9acd32
"""
_NAMES = dict(pair.split(":") for pair in _NAMED.split())
"""Every name of CSS Color 4 (6.1) and what it is in hexadecimal digits."""

_HEXADECIMAL = re.compile(r"#?([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^)]{1,80})\)")

TRANSPARENT = (-1, -1, -1)
NEARLY = 0.1
"""Opacity below which nobody sees anything."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One property with its value in lower case, as the last valid declaration of it says."""

    name: str
    value: str
    important: bool


@dataclass(frozen=True, slots=True)
class CssRule:
    """One selector with what it declares."""

    selector: str
    declarations: tuple[Declaration, ...]


def declarations(text: str) -> tuple[Declaration, ...]:
    """Return what a `style` attribute or the block of a rule declares, shorthands as what they mean here."""
    found: list[Declaration] = []
    for part in _clean(text).split(";"):
        name, colon, value = part.partition(":")
        if colon:
            value = value.strip().lower()
            plain = value.removesuffix("important").rstrip().removesuffix("!").rstrip()
            found += _meant(name.strip().lower(), plain, important=plain != value)
    return tuple(found)


def rules(text: str) -> Iterator[CssRule]:
    """Yield the rules of a style sheet that hold on a wide screen, in their order."""
    applies = [True]
    for found in _TOKEN.finditer(_COMMENT.sub("", text)):
        head, end = found[1].strip(), found[2]
        if end == "{" and head.startswith("@"):
            applies.append(applies[-1] and _holds(head.lower()))
        elif end == "{":
            applies.append(False)
            block = text_of_block(found)
            if applies[-2] and block:
                for selector in head.split(","):
                    yield CssRule(selector.strip(), declarations(block))
        elif end == "}" and len(applies) > 1:
            applies.pop()


def text_of_block(opening: re.Match[str]) -> str:
    """Return what stands between the brace and the next one."""
    end = opening.string.find("}", opening.end())
    return opening.string[opening.end() : end if end >= 0 else None]


def pixels(value: str, font: float) -> float | None:
    """Return a length in pixels of an element with that font size; None where it is none."""
    found = _LENGTH.match(value)
    if found is None or (found.end() < len(value) and value[found.end()] not in " ,)/"):
        return None
    unit = found[2] or ""
    return float(found[1]) * (_OF_THE_FONT[unit] * font if unit in _OF_THE_FONT else _PIXELS[unit])


def font_pixels(value: str, parent: float) -> float | None:
    """Return a font size in pixels inside an element of another; None where it is none."""
    if value in ("inherit", "unset"):
        return parent
    if value in ("smaller", "larger"):
        return parent * (0.83 if value == "smaller" else 1.2)
    size = _FONT_WORDS.get(value, pixels(value, parent))
    return size if size is None or size >= 0 else None


LONGEST_COLOUR = 80
"""Characters of a colour; the longest that is written is an `rgba()` of some forty."""


def colour(value: str) -> Colour | None:
    """Return a colour; `TRANSPARENT` for one that shows nothing, None for what is none that we know."""
    return _colour(value) if len(value) <= LONGEST_COLOUR else None


@lru_cache(maxsize=1024)
def _colour(value: str) -> Colour | None:
    if value == "transparent":
        return TRANSPARENT
    if found := _HEXADECIMAL.fullmatch(_NAMES.get(value, value)):
        digits = found[1] if len(found[1]) > 4 else "".join(2 * digit for digit in found[1])  # noqa: PLR2004 - #rgb(a)
        red, green, blue, alpha = (int(digits[at : at + 2] or "ff", 16) for at in (0, 2, 4, 6))
        return (red, green, blue) if alpha / 255 >= NEARLY else TRANSPARENT
    found = _FUNCTION.fullmatch(value)
    return _mixed(found[1], re.findall(r"[\d.]+%?", found[2])) if found else None


def _mixed(space: str, parts: list[str]) -> Colour | None:
    try:
        numbers = [float(part.rstrip("%")) / (100 if part.endswith("%") else 1) for part in parts]
    except ValueError:
        return None
    if len(numbers) < 3:  # noqa: PLR2004 - three channels
        return None
    if len(numbers) > 3 and numbers[3] < NEARLY:  # noqa: PLR2004 - the fourth is alpha
        return TRANSPARENT
    if space == "hsl":
        # Only black, white and grey matter: they are what hides text, whatever their hue.
        light = round(min(numbers[2], 1.0) * 255)
        return (light, light, light) if numbers[1] == 0 or light in (0, 255) else None
    red, green, blue = (
        min(round(n * 255 if p.endswith("%") else n), 255) for n, p in zip(numbers, parts[:3], strict=False)
    )
    return red, green, blue


def _clean(text: str) -> str:
    text = _COMMENT.sub("", text) if "/*" in text else text
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else 0
    return found[2] or (chr(code) if 0 < code <= sys.maxunicode else "")


def _meant(name: str, value: str, *, important: bool) -> Iterator[Declaration]:
    match name:
        case "font":
            if size := _SIZE_OF_FONT.search(value):
                yield Declaration("font-size", size[1], important)
        case "font-size":
            if font_pixels(value, USUAL_FONT_PIXELS) is not None:
                yield Declaration(name, value, important)
        case "background" | "background-image":
            seen = next((part for part in _words(value) if colour(part)), None)
            image = "url(" in value or "gradient(" in value
            if seen or image:
                yield Declaration("background-color", "image" if image else seen or "", important)
        case "color" | "background-color" | "-webkit-text-fill-color":
            if colour(value):
                yield Declaration(name.removeprefix("-webkit-text-fill-"), value, important)
        case _:
            yield Declaration(name, value, important)


def _words(value: str) -> list[str]:
    return re.findall(r"[a-z-]+\([^)]*\)|[^\s(),]+", value)


def _holds(at_rule: str) -> bool:
    """Tell whether the rules inside an at-rule hold on a wide screen in daylight."""
    name, _, query = at_rule.partition(" ")
    if name in ("@supports", "@layer", "@container"):
        return True
    return name.startswith("@media") and any(map(_matches, (query or name.removeprefix("@media")).split(",")))


def _matches(query: str) -> bool:
    features = re.findall(r"\(([^()]*)\)", query)
    words = set(re.sub(r"\([^()]*\)", " ", query).split()) - {"and", "only", "screen", "all"}
    return not words and all(map(_has, features))


def _has(feature: str) -> bool:
    name, _, value = (part.strip() for part in feature.partition(":"))
    wide = pixels(value, USUAL_FONT_PIXELS)
    if wide is None:
        return False
    match name.partition("-")[0]:
        case "min":
            return wide <= SCREEN_PIXELS
        case "max":
            return wide >= SCREEN_PIXELS
        case _:
            return False
