"""Works out how an element is seen: hidden, too small, in the colour of its ground, on a line of its own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.mail.css import TRANSPARENT, USUAL_FONT_PIXELS, WHITE, Colour, colour, font_pixels, pixels
from app.mail.styles import Declared

UNREADABLE_PIXELS = 2.0
"""Size of letters and of boxes up to which nobody reads what is in them."""

OFF_SCREEN_PIXELS = 400.0
"""How far out of its place a box is no more on the screen."""

NEARLY_EQUAL = 10
"""How far two colours may differ in each channel and still show nothing."""

NEARLY_CLEAR = 0.1
"""Opacity below which nobody sees anything."""

PARTING_PIXELS = 4.0
"""Padding or margin beside which two words stand apart."""

PICTURES = frozenset("svg object audio video iframe canvas".split())
"""Elements whose content is not read, and which take room between what stands before and after them."""

_UNSEEN = PICTURES | frozenset(
    "script style title head template noscript math datalist noembed noframes dialog".split()
)
_LINES = frozenset(
    "address article aside blockquote body center dd details div dl dt fieldset figure figcaption footer form h1 h2 h3 "
    "h4 h5 h6 header hgroup hr html legend li main menu nav ol optgroup option p pre section summary table tbody tfoot "
    "thead tr ul caption xmp".split()
)
_CELLS = frozenset("td th button label select input textarea img sup sub rt meter progress".split())
_LINE_DISPLAYS = frozenset({"block", "flex", "grid", "table", "list-item", "table-row", "flow-root", "table-caption"})
_CELL_DISPLAYS = frozenset({"inline-block", "inline-flex", "inline-grid", "inline-table", "table-cell"})
_CLIPPED_AWAY = re.compile(r"inset\(\s*(?:50|100)%|circle\(\s*0|rect\([^)]*\)|polygon\(\s*0[^,]*(?:,\s*0[^,]*)+\)")
_SHRUNK = re.compile(r"scale[xy3d]*\((?:[^()]*,)?\s*[+-]?(?:0+(?:\.0*)?|\.0+)%?\s*[,)]")
_FADED = re.compile(r"opacity\(\s*(?:0+(?:\.0\d*)?|\.0\d*)%?\s*\)")
_NONE_OF_IT = re.compile(r"[+-]?(?:0+(?:\.0*)?|\.0+)%?(?:\s|\Z)")
_MOVED = re.compile(r"translate[xy3d]*\(\s*([^,)]+)(?:,\s*([^,)]+))?")
_PLACED = frozenset({"absolute", "fixed"})
_FONTS = {"1": 10.0, "2": 13.0, "3": 16.0, "4": 18.0, "5": 24.0, "6": 32.0, "7": 48.0}

ATTRIBUTES = frozenset({"style", "class", "id", "name", "hidden", "bgcolor", "color", "size", "text", "background"})
"""Attributes that say how an element is seen, or that it is quoted."""

Ground = Colour | str
Attributes = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SeenBox:
    """How text inside an element is seen; what is inherited is handed down with it."""

    visible: bool = True
    font: float = USUAL_FONT_PIXELS
    colour: Ground = (0, 0, 0)
    ground: Ground = WHITE
    spaced: bool = False
    parts_children: bool = False

    @property
    def legible(self) -> bool:
        """Tell whether a person can read text here."""
        return self.visible and self.font > UNREADABLE_PIXELS and not _same(self.colour, self.ground)


@dataclass(frozen=True, slots=True)
class Box:
    """An element that is not hidden: how its text is seen, and whether it stands on a line or in a cell of its own."""

    seen: SeenBox
    line: bool
    apart: bool


def box(tag: str, attributes: Attributes, style: Declared, outside: SeenBox) -> Box | None:
    """Return how an element is seen inside another; None where all of it is hidden."""
    display = style.get("display", "")
    if tag in _UNSEEN or display == "none" or "hidden" in attributes:
        return None
    plain = not style and not outside.parts_children
    seen = outside if plain else _seen(style, display, outside)
    if tag in ("pre", "xmp", "textarea"):
        seen = replace(seen, spaced=True)
    if plain:
        return Box(seen, tag in _LINES, tag in _CELLS)
    if _is_hidden(style, seen.font):
        return None
    line, apart = _parting(tag, style, display, outside.parts_children)
    return Box(seen, line, apart)


def said_by_attributes(tag: str, attributes: Attributes) -> Declared:
    """Return what the attributes of old HTML declare, as CSS says the same."""
    said = {}
    if "bgcolor" in attributes:
        said["background-color"] = attributes["bgcolor"].strip().lower()
    if "background" in attributes:
        said["background-color"] = "image"
    if (tag == "font" and "color" in attributes) or (tag == "body" and "text" in attributes):
        said["color"] = attributes.get("color" if tag == "font" else "text", "").strip().lower()
    if tag == "font" and attributes.get("size", "") in _FONTS:
        said["font-size"] = f"{_FONTS[attributes['size']]}px"
    return said


def _seen(style: Declared, display: str, outside: SeenBox) -> SeenBox:
    visibility = style.get("visibility", "")
    size = font_pixels(style["font-size"], outside.font) if "font-size" in style else None
    space = style.get("white-space", "")
    return SeenBox(
        visible=visibility == "visible" if visibility in ("visible", "hidden", "collapse") else outside.visible,
        font=outside.font if size is None else size,
        colour=_ink(style.get("color", ""), outside.colour),
        ground=_ink(style.get("background-color", ""), outside.ground, transparent=outside.ground),
        spaced=space.startswith(("pre", "break-spaces")) if space else outside.spaced,
        parts_children=display in ("flex", "grid", "inline-flex", "inline-grid"),
    )


def _ink(value: str, inherited: Ground, transparent: Ground = TRANSPARENT) -> Ground:
    """Return the colour that a value means; `image` is none that text could have."""
    if value in ("", "inherit", "currentcolor", "unset", "auto"):
        return inherited
    if value == "initial":
        return transparent if transparent != TRANSPARENT else (0, 0, 0)
    known = colour(value)
    return transparent if known == TRANSPARENT else known or value


def _same(ink: Ground, ground: Ground) -> bool:
    if ink == TRANSPARENT:
        return True
    if isinstance(ink, str) or isinstance(ground, str):
        return False
    return all(abs(one - other) <= NEARLY_EQUAL for one, other in zip(ink, ground, strict=True))


def _is_hidden(style: Declared, font: float) -> bool:
    """Tell whether nothing inside is seen, whatever a child says."""
    opacity = pixels(style.get("opacity", ""), 0.0)
    if opacity is not None and (opacity / 100 if style["opacity"].endswith("%") else opacity) < NEARLY_CLEAR:
        return True
    if style.get("mso-hide") == "all" or style.get("content-visibility") == "hidden":
        return True
    if _SHRUNK.search(style.get("transform", "")) or _FADED.search(style.get("filter", "")):
        return True
    if any(_NONE_OF_IT.match(style.get(name, "")) for name in ("scale", "zoom")):
        return True
    return _is_clipped(style, font) or _is_off_screen(style, font)


def _is_clipped(style: Declared, font: float) -> bool:
    if style.get("position") in _PLACED and style.get("clip", "").startswith("rect("):
        sides = [pixels(side, font) for side in re.findall(r"[^\s,()]+", style["clip"][5:])]
        if len(sides) == 4 and None not in sides:  # noqa: PLR2004 - top, right, bottom, left
            top, right, bottom, left = (side or 0.0 for side in sides)
            return right - left <= UNREADABLE_PIXELS or bottom - top <= UNREADABLE_PIXELS
    if _CLIPPED_AWAY.match(style.get("clip-path", "")):
        return True
    cut = {"hidden", "clip", "scroll", "auto"} & {
        style.get(name, "") for name in ("overflow", "overflow-x", "overflow-y")
    }
    sizes = (pixels(style.get(name, ""), font) for name in ("height", "max-height", "width", "max-width"))
    return bool(cut) and any(size is not None and size <= UNREADABLE_PIXELS for size in sizes)


def _is_off_screen(style: Declared, font: float) -> bool:
    moved = [style.get(name, "") for name in ("text-indent", "margin-left", "margin-top")]
    moved += [style.get("margin", "").split(" ")[0], style.get("margin", "").rpartition(" ")[2]]
    if style.get("position") in _PLACED | {"relative"}:
        moved += [style.get(name, "") for name in ("left", "top", "right", "bottom")]
        moved += style.get("inset", "").split()
        far = pixels(style.get("left", ""), font) or pixels(style.get("top", ""), font) or 0.0
        if far > 10 * OFF_SCREEN_PIXELS:
            return True
    moved += style.get("translate", "").split(" ")
    if shift := _MOVED.search(style.get("transform", "")):
        moved += [shift[1], shift[2] or ""]
    return any((pixels(each.strip(), font) or 0.0) < -OFF_SCREEN_PIXELS for each in moved if each)


def _parting(tag: str, style: Declared, display: str, among_flexible: bool) -> tuple[bool, bool]:
    """Tell whether an element stands on a line of its own, or else apart from its neighbours in the line."""
    if display in _LINE_DISPLAYS or style.get("position") in _PLACED or style.get("float", "none") != "none":
        return True, False
    if display in _CELL_DISPLAYS or among_flexible:
        return False, True
    if display == "inline":
        return False, tag in _CELLS
    sides = " ".join(
        style.get(name, "")
        for name in ("padding", "padding-left", "padding-right", "margin", "margin-left", "margin-right")
    )
    spaced = tag not in _LINES and any(
        (pixels(side, USUAL_FONT_PIXELS) or 0.0) >= PARTING_PIXELS for side in sides.split()
    )
    return tag in _LINES, tag in _CELLS or spaced
