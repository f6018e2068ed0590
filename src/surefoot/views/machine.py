"""Whether this machine has what runs need, item by item, with the cure for each."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from surefoot.api.home import home_folder
from surefoot.core.record import record
from surefoot.errors import SurefootError
from surefoot.workers.preflight import FREE_LEAST

SCHEMA = "surefoot.doctor/1"
_PYTHON_OLDEST = (3, 11)
_SQLITE_OLDEST = (3, 51, 3)


@record(kw_only=False)
class Answer:
    """What one look found."""

    name: str
    verdict: Literal["ok", "note", "problem"]
    text: str
    cure: str = ""


def look() -> Iterator[Answer]:
    """Look at one thing after the other; one that breaks is a problem, and the rest is looked at all the same."""
    looks: tuple[tuple[str, Callable[[], Answer]], ...] = (
        ("python", _python),
        ("git", _git),
        ("sqlite", _sqlite),
        ("sandbox", _sandbox),
        ("user", _user),
        ("secrets", _secrets),
        ("home", _home),
        ("journal", _journal),
        ("disk", _disk),
        ("models", _models),
        ("agents", _agents),
    )
    for name, one in looks:
        try:
            yield one()
        except SurefootError as error:
            yield Answer(name, "problem", error.message)
        except OSError as error:
            yield Answer(name, "problem", str(error))


def _version_text(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _python() -> Answer:
    version = sys.version_info[:3]
    text = f"{_version_text(version)} at {sys.executable}"
    if version < _PYTHON_OLDEST:
        return Answer("python", "problem", text, f"install Python {_version_text(_PYTHON_OLDEST)} or newer")
    return Answer("python", "ok", text)


def _git() -> Answer:
    from surefoot.workspace import git_version

    return Answer("git", "ok", f"{_version_text(git_version())} at {shutil.which('git')}")


def _sqlite() -> Answer:
    import apsw

    text = apsw.sqlite_lib_version()
    version = tuple(int(part) for part in text.split("."))
    if version < _SQLITE_OLDEST:
        oldest = _version_text(_SQLITE_OLDEST)
        cure = f"update it: pip install -U apsw (SQLite {oldest}: earlier ones can corrupt the journal)"
        return Answer("sqlite", "problem", f"{text} in apsw {apsw.apsw_version()}", cure)
    return Answer("sqlite", "ok", f"{text} in apsw {apsw.apsw_version()}")


def _sandbox() -> Answer:
    from surefoot.sandbox import rung_detail

    text, _, cure = rung_detail().partition("; to confine them, ")
    if text.startswith("bubblewrap"):
        return Answer("sandbox", "ok", text)
    if text.startswith("landlock"):
        return Answer("sandbox", "note", text, cure)
    # Whoever forces it, and whoever cannot have another, knows; whoever could have one is told.
    is_chosen = not cure or bool(os.environ.get("SUREFOOT_RUNG"))
    return Answer("sandbox", "note" if is_chosen else "problem", text, cure)


def _user() -> Answer:
    if os.geteuid() != 0:
        return Answer("user", "ok", f"user id {os.geteuid()}")
    return Answer(
        "user",
        "note",
        "root: commands run as root, too. The sandbox removes most powers of root. Commands can still read the files "
        "of every user and, unless the rung is bubblewrap, change their owners",
        "run Surefoot as an ordinary user",
    )


def _secrets() -> Answer:
    from surefoot.sandbox import Rung, detect_rung, hidden_places, secret_places
    from surefoot.settings import load_settings

    rung, home, said = detect_rung(), os.environ.get("HOME", "/"), load_settings(None).places
    more, shown = ([Path(place).expanduser() for place in places] for places in (said.hide, said.show))
    found = hidden_places(secret_places(os.environ, more), shown)
    names = [f"~/{one.relative_to(home)}" if one.is_relative_to(home) else str(one) for one in found]
    if not names:
        return Answer("secrets", "ok", "no place with secrets found in the home")
    there = ", ".join(names)
    if rung is Rung.BUBBLEWRAP:
        return Answer("secrets", "ok", f"hidden from commands: {there}")
    if rung is Rung.LANDLOCK:
        return Answer("secrets", "ok", f"commands can list but not read: {there}")
    return Answer("secrets", "note", f"commands can read them: {there}")


def _home() -> Answer:
    folder = home_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        return Answer("home", "problem", f"{folder} cannot be written", f"chmod u+rwx {folder}, or set SUREFOOT_HOME")
    return Answer("home", "ok", str(folder))


def _journal() -> Answer:
    from surefoot.api.home import Home

    with Home() as home:
        number = len(home.journal.runs())
    return Answer("journal", "ok", f"opens; runs in it: {number}")


def _models() -> Answer:
    from surefoot.api.model_options import models_here
    from surefoot.errors import ConfigInvalid

    try:
        roles = models_here(Path.cwd())
    except ConfigInvalid as error:
        first = error.message.splitlines()[0].removesuffix(" Choose one of these:")
        return Answer(
            "models", "note", f"{first} Plans without agents need none.", "run `surefoot run GOAL` for the options"
        )
    named = dict.fromkeys(roles.values())
    said = ", ".join(f"{name} ({', '.join(role for role in roles if roles[role] == name)})" for name in named)
    return Answer("models", "ok", said)


def _agents() -> Answer:
    """Look at the agents of others, which steps can name as their worker."""
    from surefoot.settings import load_settings

    known = load_settings(Path.cwd()).workers.known
    try:
        from surefoot.workers.acp_look import look_at
    except ImportError:
        here = [one.name for one in known.values() if shutil.which(one.command[0])]
        text = f"on PATH: {', '.join(here)}; " if here else ""
        cure = "pip install 'surefoot[acp]'" if here else ""
        return Answer("agents", "note", f"{text}agents of others need the extra `acp`", cure)
    seen = look_at(known.values(), os.environ)
    if not seen:
        return Answer("agents", "ok", f"none of others is installed (of {', '.join(known)}); they are optional")
    said = [f"acp:{one.name} {one.said}{'' if one.has_login else ', no login found'}" for one in seen]
    cures = [f"{one.name}: {known[one.name].log_in}" for one in seen if not one.has_login]
    is_fine = all(one.is_usable and one.has_login for one in seen)
    return Answer("agents", "ok" if is_fine else "note", "; ".join(said), "; ".join(cures))


def _disk() -> Answer:
    folder = next(path for path in (home_folder(), *home_folder().parents) if path.exists())
    free = shutil.disk_usage(folder).free
    text = f"{free / (1 << 30):.1f} GiB free at {Path(folder)}"
    if free < FREE_LEAST:
        return Answer("disk", "problem", text, "free some: `surefoot ls`, `surefoot rm RUN`, `surefoot gc`")
    return Answer("disk", "ok", text)
