"""Reads the settings from the environment and says in one line which variables are wrong."""

from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from app.settings.ai_settings import AiSettings
from app.settings.service_settings import Settings

S = TypeVar("S", bound=BaseSettings)


class InvalidSettings(Exception):
    """The environment cannot be used; the text names variables and what to do, never a value."""


def load_settings() -> Settings:
    """Read the environment; raises `InvalidSettings` with one line that names each variable that is wrong."""
    return _loaded(Settings)


def load_ai_settings() -> AiSettings:
    """Read what the environment says of the AI alone; raises `InvalidSettings` as `load_settings` does."""
    return _loaded(AiSettings)


def _loaded(kind: type[S]) -> S:
    try:
        return kind()
    except ValidationError as problem:
        # The cause would show the values.
        raise InvalidSettings(
            "; ".join(_in_words(error["loc"], error["msg"], error["type"]) for error in problem.errors())
        ) from None


def variable_of(field_name: str) -> str:
    """Return the environment variable behind a field."""
    alias = Settings.model_fields[field_name].validation_alias
    return alias if isinstance(alias, str) else f"CC_{field_name.upper()}"


def _in_words(loc: tuple[int | str, ...], message: str, kind: str) -> str:
    message = message.removeprefix("Value error, ")
    if not loc:
        return message
    name = str(loc[0])
    variable = variable_of(name) if name in Settings.model_fields else name
    if kind == "missing":
        option = " --service-token" if name == "service_tokens" else ""
        return f"{variable}: not set; make a value with 'customer-context keys new{option}'"
    return f"{variable}: {message}"
