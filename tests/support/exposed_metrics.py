"""What /metrics exposes before anything has happened, and whether a query could find something in it."""

import re
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from app.adapters.telemetry.metrics import PREFIX, Metrics

_SELECTOR = re.compile(rf"({PREFIX}\w+)(?:\{{([^}}]*)\}})?")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')

OF_THE_SCRAPE = {"instance", "job"}
"""Labels that Prometheus adds itself."""


@dataclass(frozen=True)
class Selector:
    """What a query selects: a metric, and conditions on labels."""

    name: str
    matchers: tuple[tuple[str, str, str], ...]


def selectors_in(query: str) -> list[Selector]:
    """Return what of ours a query selects."""
    return [Selector(name, tuple(_MATCHER.findall(inner))) for name, inner in _SELECTOR.findall(query)]


def exposed() -> str:
    """Return what a process shows once it knows its AI."""
    metrics = Metrics()
    metrics.ai_is("offline", "offline-patterns-1")
    return metrics.render()[0].decode()


def families() -> dict[str, str]:
    """Return every metric by the name that its documentation has, with its type."""
    found = text_string_to_metric_families(exposed())
    suffix = {"counter": "_total"}
    return {family.name + suffix.get(family.type, ""): family.type for family in found if not _is_time(family.name)}


def finds_something(selector: Selector) -> bool:
    """Tell whether some sample has the name, and the labels that are asked for."""
    samples = [
        sample
        for family in text_string_to_metric_families(exposed())
        for sample in family.samples
        if sample.name == selector.name
    ]
    return any(all(_holds(sample.labels, *matcher) for matcher in selector.matchers) for sample in samples)


def unknown_words(selector: Selector) -> list[str]:
    """Return the alternatives of its patterns that no sample has: a typing mistake would hide behind the others."""
    each = [
        Selector(selector.name, ((label, "=", word),))
        for label, sign, value in selector.matchers
        if sign in ("=~", "=", "!=") and label not in OF_THE_SCRAPE
        for word in value.split("|")
        if word.isidentifier()
    ]
    return [one.matchers[0][2] for one in each if not finds_something(one)]


def _holds(labels: dict[str, str], label: str, sign: str, value: str) -> bool:
    if label in OF_THE_SCRAPE:
        return True
    if label not in labels:
        return False
    fits = re.fullmatch(value, labels[label]) is not None if "~" in sign else labels[label] == value
    return fits != sign.startswith("!")


def _is_time(name: str) -> bool:
    return name.endswith("_created")
