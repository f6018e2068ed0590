"""Identity of whoever speaks to a run: a user of the operating system, the bearer of a token, or a step (refused).

While the user's settings name no `[[approvers]]`, everybody who can write the journal may answer questions without a
role.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import pwd
from collections.abc import Sequence

from surefoot.api.home import Home
from surefoot.core.ids import RunId
from surefoot.core.record import record
from surefoot.errors import NotApprover, StepMayNotAnswer
from surefoot.sandbox.ancestry import step_above
from surefoot.settings import Approver, load_settings


@record
class Identity:
    """Somebody, as far as Surefoot can tell."""

    name: str
    """By which they stand in the journal."""
    roles: tuple[str, ...] = ()
    """What they may decide about."""
    via: str = ""
    """How they speak: `command line`, `terminal`, `api` or `token`."""


def current_user() -> str:
    """Return the name of the operating-system user."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # an account that has a number only, as in containers
        return f"uid {os.getuid()}"


def identify(token: str | None = None, *, via: str = "api", approvers: Sequence[Approver] | None = None) -> Identity:
    """Return who speaks: the bearer of the token, else the user of the operating system.

    Raises:
        NotApprover: nobody has such a token; or approvers are named, and the user is none of them.
    """
    known = load_settings(None).approvers if approvers is None else approvers
    if token is not None:
        digest = hashlib.sha256(token.encode()).hexdigest()
        # All are compared, each in constant time: how long it takes tells nothing about the tokens there are.
        found = [each for each in known if hmac.compare_digest(digest, (each.token_sha256 or "").lower())]
        if not found:
            raise NotApprover(
                "no approver has this token; its SHA-256 belongs into `token_sha256` of a table [[approvers]]"
            )
        return Identity(name=found[0].name, roles=found[0].roles, via="token")
    user = current_user()
    if not known:
        return Identity(name=user, via=via)
    own = [approver for approver in known if approver.user == user]
    if not own:
        names = ", ".join(approver.name for approver in known)
        raise NotApprover(
            f"user {user!r} is no approver; the settings name {names}. Ask one of them, or add a table [[approvers]]",
            user=user,
        )
    roles = tuple(dict.fromkeys(role for approver in own for role in approver.roles))
    return Identity(name=own[0].name, roles=roles, via=via)


def who_has(role: str) -> str:
    """Say in words who has a role."""
    names = [approver.name for approver in load_settings(None).approvers if role in approver.roles]
    return f"it is held by {', '.join(names)}" if names else "nobody has it: add it to a table [[approvers]]"


def refuse_steps(what: str, home: Home | None = None) -> None:
    """Refuse what is for people, where this program was started by a step of a run.

    Raises:
        StepMayNotAnswer: it was; or it cannot see the engine at work in this home, so that nobody can tell.
    """
    mark = step_above()
    if mark is not None:
        run = mark.partition("/")[0] or "some run"
        raise StepMayNotAnswer(
            f"a step of run {run!r} tried to {what}; only people may. Answer from a terminal of your own: "
            "`surefoot inbox` shows what is open",
            run=run,
        )
    if home is None or not (home.folder / "runs").is_dir():
        return
    for folder in (home.folder / "runs").iterdir():
        holder = home.holder(RunId(folder.name))
        if holder is not None and not holder.is_visible:
            raise StepMayNotAnswer(
                f"the engine at work on run {folder.name!r} ({holder.said}) cannot be seen from here, so nobody can "
                f"tell that it is not one of its steps that tries to {what}. Do it where that program can be seen: "
                "on the same machine, outside of containers",
                run=folder.name,
            )
