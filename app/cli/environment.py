"""The settings that a command works with, and the variables that look like settings but are none."""

import os
from difflib import get_close_matches

from app.settings.loading import InvalidSettings, load_settings, variable_of
from app.settings.service_settings import Settings
from app.wiring.databases import check

PREFIX = "CC_"


def settings_for(seats: str | None = None) -> Settings:
    """Read and try the environment, with another number of seats where given; raises `InvalidSettings`."""
    if seats is not None:
        os.environ["CC_SEATS"] = seats  # the processes that serve read it there too
    settings = load_settings()
    unknown = unknown_variables()
    if unknown and settings.unknown_settings == "refuse":
        raise InvalidSettings(
            f"{'; '.join(map(_meant, unknown))}; remove what is not meant, or set CC_UNKNOWN_SETTINGS to allow"
        )
    check(settings)
    return settings


def unknown_variables() -> tuple[str, ...]:
    """Return the variables with our prefix that no setting reads: a typing mistake, or another program's."""
    known = {variable_of(name) for name in Settings.model_fields}
    return tuple(sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known))


def _meant(variable: str) -> str:
    close = get_close_matches(variable, [variable_of(name) for name in Settings.model_fields], n=1)
    return f"{variable}: no such setting{f', {close[0]} is one' if close else ''}"
