"""Reads projects and their configurations from rows."""

from typing import Any

from app.domain.configuration import Configuration, StoredConfiguration, StoredToken, configuration_in
from app.domain.projects import Project


def project_of(row: Any) -> Project:
    """Read the columns of `projects` from a row."""
    return Project(row["project_id"], row["plan"], tuple(row["owner_ids"]), row["monthly_ai_credits"])


def stored_configuration_of(row: Any) -> StoredConfiguration:
    """Read the configuration in a row of `projects` that has one."""
    token = None
    if row["token_sealed"] is not None:
        token = StoredToken(row["token_sealed"], row["token_origin"], row["token_updated_at"])
    return StoredConfiguration(
        configuration_of(row), token, row["version"], row["configured_at"], row["saved_at"], row["saved_by"]
    )


def configuration_of(row: Any) -> Configuration:
    """Read the column `configuration` of a project, or of an earlier version."""
    return configuration_in(row["configuration"])
