"""The settings of the AI alone: which provider and model, and how they are reached."""

import os
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.settings.setting_values import is_proxy_address, is_web_address

DEFAULT_MODEL = "claude-haiku-5-5"
"""The smallest model that does both readings well."""

SHORTEST_DEADLINE_SECONDS = 10.0
"""Seconds: a shorter run could not give the AI as long as the customer endpoint has (5 s)."""

ANTHROPIC_HOST = "api.anthropic.com"

_CREDENTIALS_OF_THE_SDK = (
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_PROFILE",
    "ANTHROPIC_FEDERATION_RULE_ID",
    "ANTHROPIC_CONFIG_DIR",
)
"""Variables by which the SDK finds other credentials than a key: a token, a profile, a workload's identity."""


class AiSettings(BaseSettings):
    """The settings of the AI alone: all that a command needs which has neither database nor callers."""

    model_config = SettingsConfigDict(
        env_prefix="CC_", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True, populate_by_name=True
    )

    ai_provider: Literal[
        "auto",
        "anthropic",
        "aws",
        "bedrock",
        "bedrock-mantle",
        "compatible",
        "foundry",
        "google-cloud",
        "offline",
        "vertex",
    ] = Field(
        "auto",
        description="who runs the model (see docs/models.md); auto: anthropic when ANTHROPIC_API_KEY is set, "
        "else offline, which reads patterns and asks nobody",
    )
    ai_model: str = Field(
        DEFAULT_MODEL,
        description="the model that reads emails and customer data, as the provider names it",
        min_length=1,
    )
    ai_base_url: str | None = Field(
        None,
        validation_alias=AliasChoices("CC_AI_BASE_URL", "OPENAI_BASE_URL"),
        description="address of a compatible server, with or without /v1; OPENAI_BASE_URL does as well",
    )
    ai_api_key: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("CC_AI_API_KEY", "OPENAI_API_KEY"),
        description="key of a compatible server, if it wants one; OPENAI_API_KEY does as well",
    )
    anthropic_api_key: SecretStr | None = Field(
        None, validation_alias="ANTHROPIC_API_KEY", description="key for Claude"
    )
    anthropic_base_url: str | None = Field(
        None, validation_alias="ANTHROPIC_BASE_URL", description="another address of the Messages API, e.g. a gateway"
    )
    outbound_proxy: SecretStr | None = Field(
        None,
        description="proxy for calls to the AI and for webhooks, as http://user:password@host:port; customer endpoints "
        "are never called through it",
    )
    outbound_ca_file: Path | None = Field(
        None, description="PEM file of a further CA that the AI, the webhook receiver and the proxy may use"
    )

    run_deadline_seconds: float = Field(
        30.0, ge=SHORTEST_DEADLINE_SECONDS, le=300.0, description="how long one ticket may wait for its enrichment"
    )

    @field_validator("ai_base_url", "anthropic_base_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is not None and not is_web_address(value):
            raise ValueError("must be http:// or https:// with a host, without user name or fragment")
        return value

    @field_validator("outbound_proxy")
    @classmethod
    def _proxy(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not is_proxy_address(value.get_secret_value()):
            raise ValueError("must be http:// or https:// with a host, and no path; user:password@ may stand before it")
        return value

    @field_validator("outbound_ca_file")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError("no such file; name a PEM file")
        return value

    @model_validator(mode="after")
    def _what_the_provider_needs(self) -> "AiSettings":
        if self.ai_provider == "anthropic" and not (
            self.anthropic_api_key or any(os.environ.get(name) for name in _CREDENTIALS_OF_THE_SDK)
        ):
            raise ValueError("ANTHROPIC_API_KEY: needed while CC_AI_PROVIDER is anthropic")
        if self.ai_provider == "compatible":
            if self.compatible_url() is None:
                raise ValueError("CC_AI_BASE_URL: needed while CC_AI_PROVIDER is compatible")
            if "ai_model" not in self.model_fields_set:
                raise ValueError("CC_AI_MODEL: needed while CC_AI_PROVIDER is compatible, as the server names it")
        return self

    def provider(self) -> str:
        """Return the provider that reads emails and customer data: never `auto`."""
        if self.ai_provider != "auto":
            return self.ai_provider
        return "offline" if self.anthropic_api_key is None else "anthropic"

    def compatible_url(self) -> str | None:
        """Return the address of the compatible server; that of the Messages API does where no other is set."""
        return self.ai_base_url or self.anthropic_base_url

    def ai_host(self) -> str | None:
        """Return the host that runs the model, or the platform's name where that chooses it; None for no host."""
        provider = self.provider()
        url = {"anthropic": self.anthropic_base_url, "compatible": self.compatible_url()}.get(provider)
        return urlsplit(url).netloc if url else {"anthropic": ANTHROPIC_HOST, "offline": None}.get(provider, provider)

    def reader(self) -> str:
        """Return the model and where it runs, as people say it."""
        host = self.ai_host()
        return "offline" if host is None else f"{self.ai_model} at {host}"
