"""DBOS: durable functions on its SQLite system database, questions by `DBOS.recv`, answers by `DBOSClient.send`.

Started by `bench.matrix.driving`, which copies this file into the folder of a trial. Prints one line of JSON and leaves
when nothing but a person can go on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

# Not installed where types are checked.
_dbos: Any = import_module("dbos")
_DBOS: Any = _dbos.DBOS

FOLDER = Path(sys.argv[1])
URL = f"sqlite:///{FOLDER / 'dbos.db'}"
CONFIG = {"name": "trial", "system_database_url": URL, "run_admin_server": False, "log_level": "ERROR"}
LONG_S = 3600
SETTLED_S = 1.5
STUCK_S = 15.0


_running: list[str] = []


def perform(name: str) -> None:
    """Perform an effect, as a tool that runs a shell command does."""
    _running.append(name)
    subprocess.run(["sh", str(FOLDER / "effect.sh"), str(FOLDER), name], check=True, stdin=subprocess.DEVNULL)
    _running.remove(name)


def durable(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the decorator of a durable function."""
    return _DBOS.workflow(name=name)


@_DBOS.step()
def effect(name: str) -> None:
    """Perform an effect."""
    perform(name)


@_DBOS.step()
def checked(name: str) -> None:
    """Perform an effect unless the world says that it was performed: written by the user."""
    if name not in (FOLDER / "ledger").read_text("utf-8").split():
        perform(name)


@_DBOS.step()
def read_words() -> str:
    """Return what is to be sent."""
    return (FOLDER / "workspace" / "words.txt").read_text("utf-8").strip()


@_DBOS.step(retries_allowed=True, max_attempts=2, interval_seconds=0.1)
def half_way() -> str:
    """Leave a file behind at the first attempt and fail."""
    half, tried = FOLDER / "workspace" / "half.txt", FOLDER / "tried"
    if not tried.exists():
        tried.touch()
        half.touch()
        raise ConnectionError("the first attempt fails half-way")
    return "saw-half" if half.exists() else "saw-nothing"


def ask(topic: str, text: str, timeout_s: float = LONG_S) -> str | None:
    """Publish a question and wait for its answer."""
    _DBOS.set_event("open", {"id": f"{_DBOS.workflow_id}/{topic}", "text": text})
    answer = _DBOS.recv(topic, timeout_seconds=timeout_s)
    _DBOS.set_event("open", None)
    return answer


@durable("chain")
def chain() -> str:
    """Perform three effects."""
    effect("first")
    effect("second")
    effect("third")
    return "done"


@durable("chain-checked")
def chain_checked() -> str:
    """Perform three effects that look first."""
    checked("first")
    checked("second")
    checked("third")
    return "done"


@durable("asked")
def asked_inside() -> str:
    """Perform an effect and ask twice."""
    effect("sent")
    return f"{ask('one', 'the first question')} {ask('two', 'the second question')}"


@durable("asking")
def asking(name: str) -> str:
    """Ask, then perform an effect."""
    if ask("may", f"may {name} be performed?") == "yes":
        effect(name)
    return name


@durable("plain")
def plain(name: str) -> str:
    """Perform an effect."""
    effect(name)
    return name


@durable("parallel")
def parallel() -> str:
    """Start three durable functions at once; two of them ask first."""
    begun = [_DBOS.start_workflow(plain, "a"), _DBOS.start_workflow(asking, "b"), _DBOS.start_workflow(asking, "c")]
    return " ".join(each.get_result() for each in begun)


@durable("approval")
def approval() -> str:
    """Ask, then perform the effect."""
    if ask("may", "may it be sent?") == "yes":
        effect("sent")
    return "done"


@durable("words")
def words() -> str:
    """Read what is to be sent, show it, send it."""
    text = read_words()
    if ask("may", f"may {text} be sent?") == "yes":
        effect(f"sent-{text}")
    return text


@durable("expiring")
def expiring() -> str:
    """Ask for two seconds, then perform the effect."""
    answer = ask("may", "may it be sent?", timeout_s=2)
    if answer == "yes":
        effect("sent")
    return "expired" if answer is None else answer


@durable("files")
def files() -> str:
    """Perform an effect that names what the second attempt found."""
    effect(half_way())
    return "done"


FLOWS: dict[str, Callable[[], Any]] = {
    "chain": chain,
    "chain-checked": chain_checked,
    "asked": asked_inside,
    "parallel": parallel,
    "approval": approval,
    "words": words,
    "expiring": expiring,
    "files": files,
}


def leave(state: str, questions: list[dict[str, str]], told: str = "") -> None:
    """Say how it stands and end at once, as a process that is redeployed does."""
    sys.stdout.write(json.dumps({"state": state, "questions": questions, "told": told}) + "\n")
    sys.stdout.flush()
    os._exit(0)


def open_questions() -> list[dict[str, str]]:
    """Return the questions nobody has answered."""
    pending = _DBOS.list_workflows(status="PENDING")
    found = [_DBOS.get_event(each.workflow_id, "open", timeout_seconds=0) for each in pending]
    return [each for each in found if each is not None]


def watch() -> None:
    """Wait until the durable function has ended, or only a person can go on."""
    handle = _DBOS.retrieve_workflow("trial")
    seen: list[dict[str, str]] = []
    quiet_since = time.monotonic()
    while True:
        status = handle.get_status()
        if status.status in ("SUCCESS", "ERROR"):
            leave("ended" if status.status == "SUCCESS" else "failed", [], str(status.output or status.error))
        asked = open_questions()
        if _running or asked != seen:
            quiet_since = time.monotonic()
        seen, quiet_s = asked, time.monotonic() - quiet_since
        if asked and quiet_s > SETTLED_S:
            leave("waiting", asked)
        if not asked and quiet_s > STUCK_S:
            leave("stuck", [], f"it stays {status.status}: of version {status.app_version[:8]}, not of the code's")
        time.sleep(0.1)


def main() -> None:
    """Run, go on with, or answer the durable function that is named."""
    flow, verb, *told = sys.argv[2:]
    if verb == "answer":
        destination, topic = told[0].rsplit("/", 1)
        _dbos.DBOSClient(system_database_url=URL).send(destination, told[1], topic)
        leave("answered", [])
    _DBOS(config=CONFIG)
    _DBOS.launch()
    if verb == "run":
        with _dbos.SetWorkflowID("trial"):
            _DBOS.start_workflow(FLOWS[flow])
    watch()


if __name__ == "__main__":
    main()
