"""Reads projects and their configurations from rows."""

from typing import Any

from app.domain.configuration import Configuration, IdentityPolicy, StoredConfiguration, StoredToken
from app.domain.projects import Project


def project_of(row: Any) -> Project:
    """Read the columns of `projects` from a row."""
    return Project(row["project_id"], row["plan"], tuple(row["owner_ids"]), row["monthly_ai_credits"])


def stored_configuration_of(row: Any) -> StoredConfiguration:
    """Read the columns of `configurations` from a row."""
    token = None
    if row["token_sealed"] is not None:
        token = StoredToken(row["token_sealed"], row["token_origin"], row["token_updated_at"])
    return StoredConfiguration(
        configuration_of(row), token, row["version"], row["created_at"], row["updated_at"], row["updated_by"]
    )


def configuration_of(row: Any) -> Configuration:
    """Read a configuration from the columns of `configurations` that are its own."""
    return Configuration(
        **{name: row[name] for name in ("method", "api_url", "identifier_parameter", "enabled", "match_path")},
        identify_instructions=row["identify_instructions"],
        display_instructions=row["display_instructions"],
        identity_policy=IdentityPolicy(row["identity_policy"]),
        relay_senders=tuple(row["relay_senders"]),
        agent_only=tuple(row["agent_only"]),
    )
