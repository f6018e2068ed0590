"""The tool `run`: a shell command in the lane, already judged by the kernel."""

from __future__ import annotations

from dataclasses import replace

from surefoot.core.agent_types import Role
from surefoot.core.failure_words import cure_of
from surefoot.tools.argument_schema import record_of, text, whole
from surefoot.tools.arguments import Arguments
from surefoot.tools.lane_files import LaneFiles, Missing, clean
from surefoot.tools.tool_context import Tool, ToolContext, ToolResult, told

TIMEOUT_S = 120
_BYTES_MAX = 8_000
_OUTPUT_MAX = 20_000_000


async def run_command(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Run a shell command as one of the step."""
    folder = arguments.text("cwd")
    cwd = clean(folder) if folder else "."
    if cwd != "." and not LaneFiles(context.root).is_folder(cwd):
        raise Missing(folder, "leave `cwd` out to start in the root", "folder", is_misuse=True)
    request = replace(
        context.template,
        text=arguments.text("command"),
        cwd=None if cwd == "." else cwd,
        timeout_s=min(float(arguments.number("timeout_s", TIMEOUT_S)), max(1.0, context.step.timeout_s)),
        output_max=_OUTPUT_MAX,
    )
    outcome = await context.commands.run(request)
    # The keys of a plan are those of its own steps; the other roles work on steps of the run.
    is_own = context.role is Role.WORKER and outcome.exit_code != 0
    cure = cure_of(context.step, context.rung, outcome.tail) if is_own else ""
    return told(outcome, context.commands, _BYTES_MAX, cure)


TOOL = Tool(
    text=(
        "Run a shell command in the workspace, confined to it. Use it for tests, builds and generators, not to read "
        "or edit files. Gives the exit status, and beginning and end of the output."
    ),
    schema=record_of(
        {
            "command": text("The text given to bash (`-eo pipefail`). Standard input is closed."),
            "timeout_s": whole(f"It is ended after so many seconds; default: {TIMEOUT_S}.", 1),
            "cwd": text("Folder to start in; default: the root."),
        },
        "command",
    ),
    basic=(
        "Run a shell command in the workspace, such as the tests. Gives the exit status and the output.",
        record_of({"command": text("The command.")}, "command"),
    ),
    perform=run_command,
    summary=lambda arguments: arguments.text("command"),
    command="command",
)
