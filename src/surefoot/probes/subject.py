"""`Subject`: the effect that a probe asks about, and its idempotency key in the texts of the probe."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from surefoot.core.plan import Network
from surefoot.core.record import record

KEY_VARIABLE = "SUREFOOT_IDEMPOTENCY_KEY"


@record
class Subject:
    """What a probe may know of the effect it asks about."""

    step: str = ""
    """The step whose effect it is."""
    attempt: int = 1
    """The attempt that had it, or that will have it."""
    key: str = ""
    """Its idempotency key."""
    plan_folder: Path | None = None
    """Where functions are imported from."""
    repository: Path | None = None
    """For a `git` probe: a bare repository that no step can write, with the commit that the attempt began with as its
    HEAD, and the branches, tags and remotes that the person had when the run began."""
    remotes_from: Path | None = None
    """For a `git` probe: the person's folder, from which the relative path of a remote counts."""
    has_moved: bool = False
    """Whether the body has checked out another commit in its lane since."""
    network: Network = False
    """How far the network of the step reaches, for a probe that has no other."""
    function: Callable[[], Awaitable[object]] | None = None
    """The calling program's own function, where that is the probe."""

    @property
    def env(self) -> dict[str, str]:
        """Return what a command that asks is told."""
        return {"SUREFOOT_STEP": self.step, KEY_VARIABLE: self.key}

    def keyed(self, text: str, written: Callable[[str], str] = str) -> str:
        """Return the text with the key, as it is written there, in place of its variable."""
        return text.replace(f"${KEY_VARIABLE}", written(self.key))
