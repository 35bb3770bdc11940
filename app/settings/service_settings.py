"""The settings of the service, each read from one environment variable named CC_…."""

import re
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from app.settings.ai_settings import AiSettings
from app.settings.setting_values import ORIGIN, is_signing_secret, is_web_address, key_bytes, split_at_commas
from support_context import egress

SHORTEST_STRONG_TOKEN = 16
"""Characters: a bearer token that is shorter can be guessed; `serve` warns of one."""


class Settings(AiSettings):
    """The settings of one process of the service; a secret among them cannot be printed."""

    database_url: SecretStr | None = Field(
        None,
        description="PostgreSQL, as postgresql://user:password@host/name; absent: an embedded one under CC_DATA_DIR",
    )
    database_direct_url: SecretStr | None = Field(
        None,
        description="the same database past a pooler such as PgBouncer, for LISTEN, the queue and migrations",
    )
    database_pool_size: int = Field(
        20,
        ge=2,
        le=200,
        description="connections of each process to PostgreSQL, beside one for LISTEN and one for signs of life",
    )
    egress_allowed_cidrs: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (), description="private ranges that customer endpoints may be in, comma-separated, e.g. 10.0.0.0/8"
    )
    egress_ca_file: Path | None = Field(None, description="PEM file of a further CA that customer endpoints may use")
    data_dir: Path = Field(Path(".data"), description="folder of the embedded PostgreSQL (path under 80 bytes)")
    service_tokens: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        description="bearer tokens of callers, comma-separated; two at once make rotation possible"
    )
    encryption_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        description="base64 of 32 bytes each, comma-separated; the first encrypts, all decrypt"
    )
    embed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="origins whose pages may frame ours, comma-separated, e.g. https://help.example.com"
    )
    sample_endpoint_url: str | None = Field(
        None, description="URL of a sample endpoint with made-up customers, which the settings page then offers"
    )
    sample_endpoint_token: SecretStr | None = Field(
        None, description="its bearer token, which owners may see: it must open nothing else"
    )
    retention_days: int = Field(
        90, ge=1, le=3650, description="how long results are kept; a ticket that has not ended always is"
    )
    seats: int = Field(
        500, ge=0, le=2000, description="how many tickets one process runs at once; 0: none, another process does"
    )
    project_concurrency: int = Field(
        16, ge=1, le=2000, description="how many tickets of one project run at once, over all processes"
    )
    heartbeat_seconds: float = Field(
        5.0,
        ge=0.2,
        le=5.0,
        description="how often a process shows that it lives; silent for 3 times as long, it is dead",
    )
    identifiers_per_sender_hour: int = Field(
        20, ge=0, le=1_000, description="how many customers one sender may ask about in an hour; 0: any number"
    )
    webhook_url: SecretStr | None = Field(
        None, description="where results of asynchronous runs are posted, http:// or https://; may be a private host"
    )
    webhook_secrets: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (),
        description="whsec_… secrets that sign webhooks, comma-separated; two at once make rotation possible",
    )
    tracing: Literal["off", "otlp"] = Field(
        "off", description="otlp sends OpenTelemetry traces; the OTEL_ variables say where to, and which"
    )
    unknown_settings: Literal["refuse", "allow"] = Field(
        "refuse", description="whether a CC_ variable that no setting reads stops a start: it may be a typing mistake"
    )
    metrics_export: Literal["off", "otlp"] = Field(
        "off",
        description="otlp sends what /metrics shows to an OpenTelemetry collector too, as the OTEL_ variables say",
    )
    metrics_port: int = Field(
        0, ge=0, le=65_535, description="port on which a process of the command worker shows /metrics; 0: none"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="least level that is logged")
    log_format: Literal["json", "text"] = Field(
        "json", description="json makes each line on standard error an object, text is for people"
    )

    @field_validator("service_tokens", "encryption_keys", "webhook_secrets", mode="before")
    @classmethod
    def _parts(cls, value: str) -> tuple[str, ...]:
        return split_at_commas(value)

    @field_validator("egress_allowed_cidrs", mode="before")
    @classmethod
    def _networks(cls, value: Any) -> Any:
        return egress.networks(value) if isinstance(value, str) else value

    @field_validator("egress_ca_file", mode="before")
    @classmethod
    def _readable_file(cls, value: Any) -> Any:
        return egress.pem_file(value) if isinstance(value, str) else value

    @field_validator("embed_origins", mode="before")
    @classmethod
    def _origins(cls, value: str) -> tuple[str, ...]:
        origins = split_at_commas(value)
        if not all(re.fullmatch(ORIGIN, origin) for origin in origins):
            raise ValueError("each part must be an origin such as https://help.example.com or https://*.example.com")
        return origins

    @field_validator("service_tokens")
    @classmethod
    def _sendable_tokens(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not value:
            raise ValueError("at least one token is needed; make one with 'customer-context keys new --service-token'")
        if not all(re.fullmatch(r"[!-~]+", token.get_secret_value()) for token in value):
            raise ValueError("each token must be of visible ASCII characters, without spaces")
        return value

    @field_validator("encryption_keys")
    @classmethod
    def _real_keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not value:
            raise ValueError("at least one key is needed; make one with 'customer-context keys new'")
        for key in value:
            key_bytes(key.get_secret_value())
        return value

    @field_validator("webhook_url")
    @classmethod
    def _web_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not is_web_address(value.get_secret_value()):
            raise ValueError(
                "must be http:// or https:// with a host, of visible ASCII characters, without user name or fragment"
            )
        return value

    @field_validator("webhook_secrets")
    @classmethod
    def _signing_secrets(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(is_signing_secret(secret.get_secret_value()) for secret in value):
            raise ValueError(
                "each secret must be whsec_ and base64 of 24 to 64 bytes; "
                "make one with 'customer-context keys new --webhook-secret'"
            )
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper_case(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _sample_with_its_token(self) -> "Settings":
        if (self.sample_endpoint_url is None) != (self.sample_endpoint_token is None):
            raise ValueError("CC_SAMPLE_ENDPOINT_URL: set it together with CC_SAMPLE_ENDPOINT_TOKEN, or neither")
        return self

    @model_validator(mode="after")
    def _secret_for_webhooks(self) -> "Settings":
        if self.webhook_url is not None and not self.webhook_secrets:
            raise ValueError(
                "CC_WEBHOOK_SECRETS: needed while CC_WEBHOOK_URL is set; "
                "make one with 'customer-context keys new --webhook-secret'"
            )
        return self

    def key_ring(self) -> tuple[bytes, ...]:
        """Return the encryption keys, 32 bytes each, the encrypting one first."""
        return tuple(key_bytes(key.get_secret_value()) for key in self.encryption_keys)

    def has_weak_token(self) -> bool:
        """Tell whether a service token is short enough to be guessed."""
        return any(len(token.get_secret_value()) < SHORTEST_STRONG_TOKEN for token in self.service_tokens)
