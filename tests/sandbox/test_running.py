"""A command runs under its guard: how it ended is told exactly, and nothing of it is left."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from surefoot.masking import Masker
from surefoot.sandbox import CommandResult, Rung, confined_command
from surefoot.sandbox.isolation import bubblewrap_program
from surefoot.sandbox.output_capture import OutputSpool

Run = Callable[..., Awaitable[CommandResult]]
Alive = Callable[[str], set[int]]
WaitUntil = Callable[[Callable[[], object]], Awaitable[None]]

STUBBORN = """
trap "" TERM
setsid sh -c 'trap "" TERM; touch deep; sleep 1000 & wait; sleep 1000' &
wait; sleep 1000
"""
"""A tree that ignores the request to end, with a branch that has left the process group."""


@pytest.mark.parametrize("code", [0, 1, 42, 126, 255])
async def test_the_exit_status_is_told(run: Run, rung: Rung, code: int) -> None:
    """As the program gave it, on each rung."""
    result = await run("sh", "-c", f"exit {code}")
    assert (result.exit_code, result.signal, result.started, result.interrupted) == (code, None, True, False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV])
async def test_the_signal_that_ended_the_program_is_told(run: Run, rung: Rung, number: signal.Signals) -> None:
    """Not as an exit status of 128 and more, which a program could have chosen itself."""
    result = await run("sh", "-c", f"ulimit -c 0; kill -{int(number)} $$")
    assert (result.exit_code, result.signal) == (None, number)


async def test_both_outputs_arrive_in_order(run: Run, rung: Rung, tmp_path: Path) -> None:
    """Standard output and standard error are one stream, stored whole."""
    result = await run("sh", "-c", "echo one; echo two >&2; printf three")
    assert result.tail == "one\ntwo\nthree"
    assert result.output.read_text() == "one\ntwo\nthree"


def failing_bubblewrap(folder: Path, times: int) -> Path:
    """Return a `bwrap` that cannot set the sandbox up so many times."""
    program, count = folder / "bwrap", folder / "count"
    program.write_text(
        f"#!/bin/sh\necho again >> {count}; test $(wc -l < {count}) -gt {times} || "
        f'{{ echo "bwrap: Can\'t create file at /x.sock: Read-only file system" >&2; exit 1; }}\n'
        f'exec {bubblewrap_program()} "$@"\n',
        "utf-8",
    )
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(("times", "started"), [(2, True), (9, False)])
async def test_a_sandbox_that_cannot_be_set_up_is_tried_again(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int, started: bool
) -> None:
    """A socket that has to be hidden was closed meanwhile; only in the end it is said why nothing was started."""
    failing = failing_bubblewrap(tmp_path, times)
    monkeypatch.setattr(confined_command, "bubblewrap_program", lambda: failing)
    result = await run("echo", "done")
    assert (result.started, result.tail == "done\n", "Read-only file system" in result.tail) == (
        *(started, started),
        not started,
    )


async def test_a_missing_program_is_not_started(run: Run, rung: Rung) -> None:
    """It differs from a program that exits with 127."""
    result = await run("no-such-program")
    assert (result.started, result.exit_code, result.signal) == (False, None, None)
    assert "'no-such-program' could not be started: there is no such program on PATH" in result.tail


async def test_a_file_that_is_no_program_is_not_started(run: Run, rung: Rung, tmp_path: Path) -> None:
    """The system's reason is passed on."""
    (tmp_path / "letter").write_text("Dear reader")
    result = await run("./letter")
    assert not result.started
    assert "Permission denied" in result.tail


async def test_a_missing_folder_is_named(run: Run, rung: Rung, tmp_path: Path) -> None:
    """Nothing is started in some other folder instead."""
    result = await run("true", cwd=tmp_path / "gone")
    assert not result.started
    assert "gone" in result.tail


async def test_arguments_that_no_system_takes_are_a_result(run: Run, rung: Rung) -> None:
    """A NUL or a too long line comes out of plans, not out of our own mistakes."""
    results = [await run("echo", "a\0b"), await run("echo", "x" * 10_000_000)]
    assert [result.started for result in results] == [False, False]


async def test_standard_input_is_closed(run: Run, rung: Rung) -> None:
    """A command that asks gets no answer instead of waiting for one."""
    result = await run("sh", "-c", "cat; read answer || echo nobody")
    assert result.tail == "nobody\n"


async def test_a_broken_pipe_ends_a_program_as_usual(run: Run, rung: Rung) -> None:
    """The guard is a Python program; that Python ignores the signal must not be inherited."""
    result = await run("bash", "-c", "yes | head -1; echo ${PIPESTATUS[0]}")
    assert result.tail == f"y\n{128 + signal.SIGPIPE}\n"


async def test_the_environment_is_the_given_one(run: Run, rung: Rung, mark: str) -> None:
    """With the mark and a temporary folder, and nothing of the engine's."""
    result = await run("env", env={"PATH": os.environ["PATH"], "ONLY": "this"})
    names = {line.split("=")[0] for line in result.tail.splitlines()}
    assert names - {"PWD"} == {"PATH", "ONLY", "TMPDIR", "SUREFOOT_EFFECT"}
    assert f"SUREFOOT_EFFECT={mark}" in result.tail


async def test_the_temporary_folder_is_empty_writable_and_gone_afterwards(run: Run, rung: Rung) -> None:
    """What one command leaves there the next one does not find."""
    result = await run("sh", "-c", 'ls -A "$TMPDIR"; touch "$TMPDIR/left-behind"; echo "$TMPDIR"')
    folder = Path(result.tail.strip())
    assert result.exit_code == 0
    assert not (folder / "left-behind").exists()


async def test_a_temporary_folder_that_is_asked_for_is_kept(run: Run, rung: Rung, tmp_path: Path) -> None:
    """A lane may have one of its own."""
    await run("sh", "-c", 'touch "$TMPDIR/kept"', env={"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)})
    assert (tmp_path / "kept").exists()


async def test_a_time_out_ends_a_tree_that_ignores_it(
    run: Run, rung: Rung, mark: str, tmp_path: Path, alive: Alive
) -> None:
    """Branches outside the process group included."""
    result = await run("sh", "-c", STUBBORN, timeout_s=0.5)
    assert (result.timed_out, result.exit_code, result.signal) == (True, None, signal.SIGKILL)
    assert (tmp_path / "deep").exists()
    assert alive(mark) == set()


async def test_a_time_out_lets_a_program_clean_up(run: Run, rung: Rung, tmp_path: Path) -> None:
    """It is asked to end before it is killed."""
    result = await run("sh", "-c", "trap 'echo cleaned; exit 3' TERM; while :; do sleep 0.01; done", timeout_s=0.5)
    assert (result.timed_out, result.exit_code, result.tail.endswith("cleaned\n")) == (True, 3, True)


async def test_a_daemon_does_not_outlive_a_successful_command(run: Run, rung: Rung, mark: str, alive: Alive) -> None:
    """Nor does it keep the command from ending."""
    result = await run("sh", "-c", "setsid sh -c 'trap \"\" TERM; sleep 1000; sleep 1000' & exit 0")
    assert (result.exit_code, result.timed_out) == (0, False)
    assert alive(mark) == set()


async def test_cancelling_ends_the_tree_before_it_is_felt(
    run: Run, rung: Rung, mark: str, tmp_path: Path, alive: Alive, wait_until: WaitUntil
) -> None:
    """When the cancellation comes through, nothing runs any more; a second one changes nothing."""
    running = asyncio.ensure_future(run("sh", "-c", STUBBORN))
    await wait_until((tmp_path / "deep").exists)
    running.cancel()
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert alive(mark) == set()


async def test_cancelling_before_the_guard_is_up_leaves_nothing(run: Run, rung: Rung, mark: str, alive: Alive) -> None:
    """The very first moment is covered, too."""
    running = asyncio.ensure_future(run("sleep", "1000"))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert alive(mark) == set()


@pytest.mark.parametrize("rung", ["plain"], indirect=True)
def test_a_loop_that_shuts_down_ends_its_commands(
    run: Run, rung: Rung, mark: str, tmp_path: Path, alive: Alive, wait_until: WaitUntil
) -> None:
    """`asyncio.run` cancels everything that is left, also what is about to end a command; whatever the rung."""

    async def _leave_running() -> asyncio.Future[CommandResult]:
        running = asyncio.ensure_future(run("sh", "-c", STUBBORN))
        await wait_until((tmp_path / "deep").exists)
        return running

    assert asyncio.run(_leave_running()).cancelled()
    assert alive(mark) == set()


async def test_a_failing_listener_ends_the_command(run: Run, rung: Rung, mark: str, alive: Alive) -> None:
    """What it raised comes through when nothing runs any more."""

    def _fail(line: str) -> None:
        raise LookupError(line)

    with pytest.raises(LookupError, match="hello"):
        await run("sh", "-c", "echo hello; sleep 1000", on_line=_fail)
    assert alive(mark) == set()


async def test_a_killed_guard_takes_its_command_along(
    run: Run, rung: Rung, mark: str, tmp_path: Path, alive: Alive, wait_until: WaitUntil
) -> None:
    """Also the branch that left the process group; how the command ended is then unknown, and said to be."""
    running = asyncio.ensure_future(run("sh", "-c", STUBBORN))
    await wait_until((tmp_path / "deep").exists)
    for guard in children(os.getpid()):
        os.kill(guard, signal.SIGKILL)
    result = await running
    assert (result.interrupted, result.exit_code, result.signal, result.started) == (True, None, None, True)
    assert alive(mark) == set()


async def test_the_program_dies_with_its_guard_by_itself(
    run: Run, rung: Rung, mark: str, tmp_path: Path, alive: Alive, wait_until: WaitUntil
) -> None:
    """No engine has to notice: nobody is left who carries the mark, and this command cannot be found by it."""
    running = asyncio.ensure_future(run("sh", "-c", f"touch ready; exec env SUREFOOT_EFFECT={mark}/hidden sleep 1000"))
    await wait_until(lambda: alive(f"{mark}/hidden"))
    for guard in children(os.getpid()):
        os.kill(guard, signal.SIGKILL)
    await running
    assert alive(mark) == set()


ENGINE = """
    import asyncio, os, sys
    from pathlib import Path
    from surefoot.masking import Masker
    from surefoot.sandbox import CommandSpec, run_command

    folder = Path(sys.argv[1])
    spec = CommandSpec(argv=("sh", "-c", sys.argv[3]), cwd=folder, env={"PATH": os.environ["PATH"]}, timeout_s=None,
                       writable=(folder,), mark=sys.argv[2])
    asyncio.run(run_command(spec, spool=folder / "spool", masker=Masker([])))
"""


async def test_a_killed_engine_takes_its_commands_along(
    rung: Rung, mark: str, tmp_path: Path, alive: Alive, wait_until: WaitUntil
) -> None:
    """Nobody is left to end them but the guard and the kernel."""
    engine = start_engine(str(tmp_path), mark, STUBBORN)
    await wait_until((tmp_path / "deep").exists)
    engine.kill()
    engine.wait()
    await wait_until(lambda: not alive(mark))


async def test_a_great_deal_of_output_is_stored_whole_and_not_held(run: Run, rung: Rung, tmp_path: Path) -> None:
    """Fifty megabytes, of which memory sees little."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = await run("sh", "-c", "yes 0123456789abcde | head -c 52428800; printf the-end", secrets=("not-in-there",))
    assert result.output.stat().st_size == 52_428_807
    assert result.tail.endswith("cde\nthe-end")
    assert len(result.tail) == 4_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


async def test_a_secret_in_two_writes_is_masked_everywhere(run: Run, rung: Rung) -> None:
    """In the stored output, in its tail, and in the lines handed out meanwhile."""
    lines: list[str] = []
    script = "printf 'key=hun'; sleep 0.2; echo 'ter22 ok'; printf hunter2"
    result = await run("sh", "-c", script, secrets=("hunter22",), on_line=lines.append)
    assert result.tail == result.output.read_text() == "key=*** ok\nhunter2"
    assert lines == ["key=*** ok", "hunter2"]


async def test_lines_are_cut_to_a_readable_length(run: Run, rung: Rung) -> None:
    """An endless line is shown by its beginning; empty lines and Windows' ends of lines are as one expects."""
    lines: list[str] = []
    await run("sh", "-c", "yes x | tr -d '\\n' | head -c 100000; printf '\\n\\nlast\\r\\n'", on_line=lines.append)
    assert lines == ["x" * 2_000, "", "last"]


async def test_output_that_is_no_text_is_kept_as_it_is(run: Run, rung: Rung) -> None:
    """The tail replaces what cannot be read."""
    result = await run("printf", "\\377ok")
    assert (result.output.read_bytes(), result.tail) == (b"\xffok", "\ufffdok")


async def test_a_program_may_close_its_output(run: Run, rung: Rung) -> None:
    """That is not its end."""
    result = await run("sh", "-c", "exec >&- 2>&-; sleep 0.1; exit 5")
    assert result.exit_code == 5


async def test_many_commands_run_at_once(run: Run, rung: Rung, tmp_path: Path) -> None:
    """None waits for another one's guard, socket or output."""
    results = await asyncio.gather(*(run("sh", "-c", f"exit {number}") for number in range(8)))
    assert [result.exit_code for result in results] == list(range(8))


async def test_the_duration_is_told(run: Run, rung: Rung) -> None:
    """In seconds."""
    began = time.monotonic()
    result = await run("sleep", "0.05")
    assert 0.05 <= result.duration_s <= time.monotonic() - began


def start_engine(*arguments: str) -> subprocess.Popen[bytes]:
    """Start a small engine that runs one command."""
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(ENGINE), *arguments])


def children(parent: int) -> set[int]:
    """Find the direct children of a process."""
    found: set[int] = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.add(int(stat.parent.name))
    return found


@pytest.mark.parametrize(
    ("printed", "kept"),
    [(10, "0123456789"), (16, "0123456789012345"), (20, "01234567\n[4 bytes of output are left out here]\n23456789")],
)
def test_of_long_output_the_beginning_and_the_end_are_kept(tmp_path: Path, printed: int, kept: str) -> None:
    """However it comes in; a line says how much is missing."""
    with (tmp_path / "spool").open("wb") as file:
        spool = OutputSpool(file, Masker(()), None, 8, 8)
        for at in range(printed):
            spool.feed(b"%d" % (at % 10))
        spool.finish()
    assert (tmp_path / "spool").read_text("utf-8") == kept
