"""The cascade of an email: which declarations an element gets from `<style>`, its attributes and its own `style`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from turbohtml import Element, SelectorSyntaxError

from app.mail.css import Declaration, declarations, rules

MOST_RULES = 2_000
"""Rules of a page that are read; a newsletter has 20 to 200 that matter here."""

CHARACTERS_A_UNIT = 8
"""Characters of CSS whose reading costs about as much as an element."""

_MATTERS = frozenset(
    "display visibility opacity mso-hide font-size color background-color position left right top bottom inset clip "
    "clip-path width height max-width max-height overflow overflow-x overflow-y text-indent margin margin-left "
    "margin-top margin-right padding padding-left padding-right float transform scale translate zoom filter "
    "content-visibility white-space".split()
)
_COMPOUND = re.compile(r"(?:[a-zA-Z][\w-]*|\*)?(?:[.#][\w-]+)*")
_NAME = re.compile(r"([.#]?)([\w-]+)")
_MATCHED = re.compile(r"(?:[\w\s.#*>+\[\]=\"'^$|-]|:first-child|:last-child|:root|:link|:not\([\w.#-]+\))+")
"""Selectors that are asked: none that looks at all siblings or descendants, and none of what a mouse does."""

LONGEST_SELECTOR = 200
MATCHING = 3
"""Units of work of asking the parser whether a selector with combinators is an element's."""

_LAST = re.compile(r"[^\s>+~]+\Z")

Declared = Mapping[str, str]


class TooMuch(Exception):
    """The page is more work than an honest one: what was read until then is all that is read."""


@dataclass(slots=True)
class Work:
    """Counts what is done for one page and ends it."""

    left: int

    def spend(self, units: int = 1) -> None:
        """Count; raises `TooMuch` at the end."""
        self.left -= units
        if self.left < 0:
            raise TooMuch


@dataclass(frozen=True, slots=True)
class _Chosen:
    """One rule as it is looked up: by its rarest name, then by what else it asks of the element."""

    rank: tuple[int, int, int, int]
    tag: str
    names: frozenset[str]
    selector: str  # empty where tag and names are all
    declarations: tuple[Declaration, ...]


@dataclass(slots=True)
class Styles:
    """The rules of one page, by the class, id or element that they are about."""

    work: Work
    _by_name: dict[str, list[_Chosen]] = field(default_factory=dict)
    _merged: dict[tuple[object, ...], Declared] = field(default_factory=dict)
    _count: int = 0

    def read(self, sheet: str) -> None:
        """Take the rules of one `<style>` in."""
        self.work.spend(len(sheet) // CHARACTERS_A_UNIT)
        for rule in rules(sheet):
            self.work.spend()
            kept = tuple(each for each in rule.declarations if each.name in _MATTERS)
            known = len(rule.selector) <= LONGEST_SELECTOR and _MATCHED.fullmatch(rule.selector)
            if kept and known and self._count < MOST_RULES:
                self._count += 1
                self._keep(rule.selector, kept)

    def of(self, element: Element, tag: str, style: str, own: Declared) -> Declared:
        """Return what is declared for an element; `own` are its attributes that say the same as CSS."""
        if style:
            self.work.spend(len(style) // CHARACTERS_A_UNIT)
        rules = self._for(element, tag) if self._by_name else ()
        if not rules and not style:
            return own
        key = (rules, style, tuple(own.items()))
        if key not in self._merged:
            self._merged[key] = _cascade(own, rules, style)
        return self._merged[key]

    def _keep(self, selector: str, kept: tuple[Declaration, ...]) -> None:
        last = _LAST.search(selector)
        if last is None:
            return
        compound = _COMPOUND.match(last[0])
        names = _NAME.findall(compound[0] if compound else "")
        tag = next((name.lower() for mark, name in names if not mark), "")
        others = frozenset(mark + name for mark, name in names if mark)
        simple = compound is not None and compound[0] == selector
        ids, classes = selector.count("#"), selector.count(".") + selector.count("[")
        rank = (ids, classes, len(re.findall(r"(?:^|[\s>+~])[a-zA-Z]", selector)), self._count)
        chosen = _Chosen(rank, tag, others, "" if simple else selector, kept)
        key = next((name for name in sorted(others)), tag or "*")
        self._by_name.setdefault(key, []).append(chosen)

    def _for(self, element: Element, tag: str) -> tuple[_Chosen, ...]:
        names = {f".{name}" for name in (element.attr("class") or "").split()[:50]}
        if identity := element.attr("id"):
            names.add(f"#{identity}")
        found = []
        for key in (*names, tag, "*"):
            for rule in self._by_name.get(key, ()):
                self.work.spend()
                if rule.tag in ("", tag) and rule.names <= names and self._is(element, rule.selector):
                    found.append(rule)
        return tuple(found)

    def _is(self, element: Element, selector: str) -> bool:
        if not selector:
            return True
        self.work.spend(MATCHING)
        try:
            return element.matches(selector)
        except SelectorSyntaxError:
            return False


def _cascade(own: Declared, rules: Iterable[_Chosen], style: str) -> Declared:
    """Let the more specific rule win, the element's own style over every rule, and what is important over that."""
    layers = [rule.declarations for rule in sorted(rules, key=lambda rule: rule.rank)]
    layers.append(declarations(style) if style else ())
    merged = dict(own)
    for important in (False, True):
        for layer in layers:
            merged |= {each.name: each.value for each in layer if each.important is important and each.name in _MATTERS}
    return merged
