"""The settings that a command works with."""

import os

from app.settings import Settings, load_settings
from app.wiring.databases import check


def settings_for(seats: int | None = None) -> Settings:
    """Read and try the environment, with another number of seats where given; raises `InvalidSettings`."""
    if seats is not None:
        os.environ["CC_SEATS"] = str(seats)  # the processes that serve read it there too
    settings = load_settings()
    check(settings)
    return settings
