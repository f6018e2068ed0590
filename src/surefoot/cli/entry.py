"""The outermost frame: every error becomes one message and an exit code.

`SUREFOOT_DEBUG=1` shows the traceback.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Sequence

from surefoot.cli.exits import ExitCode, code_of_error, is_of_the_machine
from surefoot.cli.screen import Screen
from surefoot.errors import SurefootError

PROGRAM = "surefoot"
_INTERRUPTED = 130
"""What shells expect of a program ended by Ctrl-C."""
_WORKING = ("run", "resume", "retry")
_GARBAGE_AFTER = 50_000
"""Garbage is looked for when so many more objects were made than were dropped; Python's own number is 700."""


def run_framed(arguments: Sequence[str]) -> int:
    """Carry out a command line; return its exit code, whatever happens."""
    words = list(arguments)
    screen = Screen(is_json="--json" in words)
    try:
        code = _carry_out(words, screen)
    except SystemExit as stop:
        code = stop.code
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the outermost frame
        return _report_error(error, screen)
    if code == _INTERRUPTED:
        # Ctrl-C before an engine was at work; later it is the engine that hears it.
        screen.error("interrupted")
        return ExitCode.STOPPED if words[:1] and words[0] in _WORKING else _INTERRUPTED
    return int(code or 0)


def _carry_out(words: list[str], screen: Screen) -> int | None:
    """Carry out the command.

    `status`, which prompts and scripts ask all the time, does not even load the table of commands, and the parser is
    loaded only for a line that cannot be read without it.
    """
    names = [word for word in words[1:] if word != "--json"]
    if words[:1] == ["status"] and len(names) <= 1 and not any(name.startswith("-") for name in names):
        from surefoot.cli.overview import status

        return status(names[0] if names else None, None, screen)
    from surefoot.cli.command_table import COMMANDS
    from surefoot.cli.plain_line import read_plain

    # A command loads hundreds of modules, which stay to the end: looking through all of them again and again took a
    # twentieth of the processor time of a short run.
    gc.freeze()
    gc.set_threshold(_GARBAGE_AFTER)
    gc.enable()
    command = COMMANDS.get(words[0]) if words else None
    if command is not None and not command.group and (values := read_plain(command, words[1:])) is not None:
        return command.carry_out(values)
    from surefoot.cli.app import app

    return app(words, prog_name=PROGRAM, standalone_mode=False)


def _report_error(error: Exception, screen: Screen) -> int:
    """Tell what went wrong and return the exit code for it."""
    if isinstance(error, SurefootError):
        return _say(screen, error.code, error.message, code_of_error(error))
    from typer import TyperException

    if isinstance(error, TyperException):
        command = getattr(getattr(error, "ctx", None), "command_path", PROGRAM)
        said = error.format_message()
        message = f"{said}{'' if said.endswith(('.', '?')) else '.'} Try `{command} --help`."
        return _say(screen, "usage", message, error.exit_code)
    if os.environ.get("SUREFOOT_DEBUG") == "1":
        import traceback

        screen.trace("".join(traceback.format_exception(error)))
    if isinstance(error, OSError) and is_of_the_machine(error):
        place = repr(str(error.filename)) if error.filename is not None else "a file"
        message = f"{place} cannot be read or written: {error.strerror}. Free some space or mend the permissions."
        return _say(screen, "machine", message, code_of_error(error))
    message = (
        f"internal error: {type(error).__name__}: {error}. The journal is safe: `surefoot resume` continues the run. "
        "Set SUREFOOT_DEBUG=1 to see where the error happened, and please report it."
    )
    return _say(screen, "internal", message, ExitCode.INTERNAL)


def _say(screen: Screen, code: str, message: str, exit_code: int) -> int:
    screen.fail(code, message)
    return exit_code
