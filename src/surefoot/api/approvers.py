"""Who may approve, as the user's settings say.

Owns the reading of `[[approvers]]`. Must never read a project's settings: those come with the repository. Read
`surefoot.api.identity` next.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surefoot.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver:
    """Somebody who may approve."""

    name: str
    """By which they stand in the journal."""
    user: str | None = None
    """Their name in the operating system."""
    roles: tuple[str, ...] = ()
    """What they may decide about."""
    token_sha256: str | None = None
    """The SHA-256 of the token by which the API knows them, in hexadecimal."""


def approvers_of_user() -> tuple[Approver, ...]:
    """Return who is named in the user's settings.

    Raises:
        UsageError: the settings cannot be read; the message says where and why.
    """
    path = _settings_path()
    try:
        found = tomllib.loads(path.read_text("utf-8")).get("approvers", [])
        return tuple(_approver(table) for table in found)
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: the approvers cannot be read ({error}); each table needs at least a name") from error


def _approver(table: dict[str, Any]) -> Approver:
    roles = tuple(str(role) for role in table.get("roles", []))
    return Approver(
        name=str(table["name"]), user=table.get("user"), roles=roles, token_sha256=table.get("token_sha256")
    )


def _settings_path() -> Path:
    named = os.environ.get("SUREFOOT_CONFIG")
    if named:
        return Path(named)
    folder = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(folder) / "surefoot" / "surefoot.toml"
