"""Bodies of the version routes: what a configuration was, and what each save changed."""

from dataclasses import asdict
from datetime import datetime

from pydantic import BaseModel, Field

from app.domain.audit import changed_fields
from app.domain.configuration import KeptVersion


class VersionOut(BaseModel):
    """One version, as it was saved."""

    version: int
    saved_at: datetime
    saved_by: str
    changed: list[str] = Field(description="names of the fields that differ from the version before")
    configuration: dict[str, str | bool | list[str] | None] = Field(description="its fields, without any token")


class VersionsOut(BaseModel):
    """The versions that are kept, the newest first."""

    versions: list[VersionOut]

    @classmethod
    def of(cls, kept: list[KeptVersion]) -> "VersionsOut":
        """Show versions with what each has changed; of the oldest, all that is set."""
        before = [*(each.configuration for each in kept[1:]), None][: len(kept)]
        return cls(
            versions=[
                VersionOut(
                    version=each.version,
                    saved_at=each.saved_at,
                    saved_by=each.saved_by,
                    changed=list(changed_fields(old, each.configuration, new_token=False)),
                    configuration=asdict(each.configuration),
                )
                for each, old in zip(kept, before, strict=True)
            ]
        )
