"""`git` probes: where a ref of a remote points."""

from __future__ import annotations

import re

from surefoot.core.event_words import Applied
from surefoot.core.probe_kinds import GitProbe
from surefoot.core.regex import regex
from surefoot.ports import CommandOutcome, CommandRequest, Commands
from surefoot.probes.reply import ProbeReply
from surefoot.probes.subject import Subject

TIMEOUT_S = 30.0
_TRANSPORTS = "file:git:http:https:ssh"
"""Those of git itself; any other is a program that an address names."""
_OWN_COMMITS = regex(r"(?:HEAD|@)(?:$|[~^@{])")
"""A revision that follows what the body has checked out."""
_OBJECT_ID = regex(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", re.IGNORECASE)
_ADVERTISED = regex(r"^([0-9a-f]{40,64})\t(\S+)$", re.MULTILINE)


async def ask_git(kind: GitProbe, subject: Subject, commands: Commands) -> ProbeReply:
    """Compare the remote's ref with the commit; a ref that is absent or elsewhere is *not applied*.

    A commit that the body has made itself is known to its lane alone: where the revision could mean one, and the remote
    does not have the commit that the attempt began with, nothing is known.
    """
    wanted = await _resolve(kind.commit, subject, commands)
    if wanted is None:
        text = f"{kind.commit} names no commit that the run began with or has made"
        return ProbeReply(answer=Applied.UNKNOWN, text=text)
    is_full = kind.ref == "HEAD" or kind.ref.startswith("refs/")
    names = (kind.ref,) if is_full else (f"refs/heads/{kind.ref}", f"refs/tags/{kind.ref}")
    # An annotated tag is advertised twice: as itself, and, with this ending, as the commit it names.
    patterns = [f"{name}{ending}" for name in names for ending in ("", "^{}")]
    outcome = await _git(subject, commands, "ls-remote", "--quiet", "--", kind.remote, *patterns)
    if outcome.exit_code != 0:
        last = outcome.tail.strip().splitlines()[-1:]
        text = ": ".join([f"{kind.remote} cannot be asked", outcome.said, *last])
        return ProbeReply(answer=Applied.UNKNOWN, text=text, evidence=outcome.evidence)
    at = [commit for commit, name in _ADVERTISED.findall(outcome.tail) if name in patterns]
    if wanted in at:
        answer, text = Applied.APPLIED, f"{kind.ref} of {kind.remote} is at {wanted}"
    elif subject.has_moved and _OWN_COMMITS.match(kind.commit):
        text = f"{kind.ref} of {kind.remote} is not at {wanted}, and the step has moved its HEAD"
        answer = Applied.UNKNOWN
    elif at:
        answer, text = Applied.NOT_APPLIED, f"{kind.ref} of {kind.remote} is at {at[-1]}, not at {wanted}"
    else:
        answer, text = Applied.NOT_APPLIED, f"{kind.remote} has no {kind.ref}"
    return ProbeReply(answer=answer, text=text, evidence=outcome.evidence)


async def _resolve(revision: str, subject: Subject, commands: Commands) -> str | None:
    """Return the commit a revision names in the subject's repository; a whole object id need not be there."""
    if _OBJECT_ID.fullmatch(revision):
        return revision.lower()
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    outcome = await _git(subject, commands, *words)
    found = outcome.tail.strip()
    return found if outcome.exit_code == 0 and _OBJECT_ID.fullmatch(found) else None


async def _git(subject: Subject, commands: Commands, *arguments: str) -> CommandOutcome:
    request = CommandRequest(
        argv=("git", *arguments),
        cwd=str(subject.remotes_from or subject.repository),
        env={"GIT_TERMINAL_PROMPT": "0", "GIT_DIR": str(subject.repository), "GIT_ALLOW_PROTOCOL": _TRANSPORTS},
        timeout_s=TIMEOUT_S,
        network=True,
        confine=False,
    )
    return await commands.run(request)
