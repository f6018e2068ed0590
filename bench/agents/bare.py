"""A bare loop in the style of mini-swe-agent: one shell command a reply, its output back, until the model says done.

The whole conversation is sent each time. There is no brief, no scope, no check and no loop guard: the model alone says
when it is done. Replies are held to a schema by the same server that Surefoot uses, and commands run in the same
sandbox.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import cast

from bench.agents.asking import Asking
from bench.agents.surefoot_runs import task_of
from bench.agents.trial import REQUESTS_MAX, Trial
from bench.repair.cases import Case
from surefoot.masking import Masker
from surefoot.ports import Speaker
from surefoot.sandbox import CommandSpec, command_environment, run_command
from surefoot.tools.pagination import head_and_tail

DONE = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
_COMMAND_S = 60.0
_OUTPUT_BYTES_MAX = 6_000
_SYSTEM = (
    "You are a helpful assistant that can interact with a computer. Each of your replies is one JSON object: "
    '{"thought": "what you do and why", "command": "one bash command"}. The command is run and you are shown what it '
    "prints."
)
_TOLD = """\
Please solve this: {task}

You are in `{folder}`. Recommended: look at the file, run the tests, edit the file with a command such as
`cat <<'EOF' > FILE` or `sed -i`, run the tests again. Folders and variables are not kept from one command to the next.
When it is done, give exactly this command, and nothing with it: {done}
"""
_SCHEMA = {
    "type": "object",
    "properties": {"thought": {"type": "string", "maxLength": 300}, "command": {"type": "string", "minLength": 1}},
    "required": ["thought", "command"],
    "additionalProperties": False,
}


async def repair(case: Case, repository: Path, asking: Asking, trial: Trial) -> None:
    """Let the model run commands until it says that it is done."""
    root = repository / case.name
    told = _TOLD.format(task=task_of(case), folder=case.name, done=DONE)
    said = [(Speaker.SYSTEM, _SYSTEM), (Speaker.USER, told)]
    for _ in range(REQUESTS_MAX):
        reply = await asking.ask(said, _SCHEMA)
        command = _command_in(reply)
        if command is None:
            trial.count("bash", misused=1)
            said.append((Speaker.USER, "Your reply was not of the form that was asked for."))
            continue
        if command.strip() == DONE:
            trial.says_done, trial.end = True, "it said that it is done"
            return
        status, output = await _run(command, root, min(_COMMAND_S, max(asking.left_s, 1.0)))
        trial.count("bash", misused=int(status in (126, 127)))
        said += [(Speaker.MODEL, reply or ""), (Speaker.USER, f"exit status {status}\n{output or '(no output)'}")]
    trial.end = f"{REQUESTS_MAX} requests"


def _command_in(reply: str | None) -> str | None:
    try:
        found = json.loads(reply or "")
    except ValueError:
        return None
    command = cast("dict[str, object]", found).get("command") if isinstance(found, dict) else None
    return command if isinstance(command, str) and command.strip() else None


async def _run(command: str, root: Path, timeout_s: float) -> tuple[int, str]:
    spec = CommandSpec(
        argv=("bash", "-c", command),
        cwd=root,
        env={**command_environment(os.environ), "HOME": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        timeout_s=timeout_s,
        writable=(root,),
        output_max=1_000_000,
    )
    spool = root.parent.parent.parent / "output"
    result = await run_command(spec, spool=spool, masker=Masker())
    status = 124 if result.timed_out else -1 if result.exit_code is None else result.exit_code
    return status, head_and_tail(spool.read_text("utf-8", "replace").strip(), _OUTPUT_BYTES_MAX)
