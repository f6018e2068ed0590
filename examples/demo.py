"""Show the main thing in two minutes: migrate a real package, kill Surefoot in the middle, resume, read the report.

`make demo` runs it. Everything it makes lies in a new temporary folder: below this project, the package's own tests
would find this project's settings for pytest.
"""

import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO = Path(tempfile.mkdtemp(prefix="surefoot-demo-"))
REPOSITORY = DEMO / "sqlparse"
PLAN = ROOT / "examples" / "sqlparse" / "plan.yaml"
SUREFOOT = Path(sys.executable).with_name("surefoot")
RUN = "20260101-decade"
BRANCH = f"surefoot/{RUN}"
ENVIRONMENT = {**os.environ, "SUREFOOT_HOME": str(DEMO / "home")}
COMMITS_BEFORE_THE_KILL = 5
INTO_THE_NEXT_STEP_S = 2
PARTIALLY_COMPLETED = 3


def heading(number: int, text: str) -> None:
    """Begin a part, set off from the output before it."""
    print(f"\n=== {number} of 6: {text}\n", flush=True)


def git(*arguments: str) -> str:
    """What git says in the demo's repository; nothing where it fails, as for a branch that is not there yet."""
    command = ["git", "-C", str(REPOSITORY), *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()


def start(*arguments: str) -> subprocess.Popen[bytes]:
    """Show a command as a person would type it, and start it."""
    shown = [os.path.relpath(word, ROOT) if word.startswith(str(ROOT)) else word for word in arguments]
    print(f"$ surefoot {shlex.join(shown)}", flush=True)
    return subprocess.Popen([str(SUREFOOT), *arguments], cwd=ROOT, env=ENVIRONMENT, stdin=subprocess.DEVNULL)


def kill_in_the_middle(engine: subprocess.Popen[bytes]) -> bool:
    """End Surefoot with SIGKILL once some steps are verified; tell whether it was still at work by then."""
    while engine.poll() is None:
        verified = git("rev-list", "--count", f"main..{BRANCH}")
        if verified and int(verified) >= COMMITS_BEFORE_THE_KILL:
            time.sleep(INTO_THE_NEXT_STEP_S)
            engine.kill()
            engine.wait()
            print(f"\nKilled with SIGKILL, after {verified} verified steps. It had no chance to tidy up.", flush=True)
            return True
        time.sleep(0.1)
    return False


def stop(message: str) -> int:
    """Say why the demo goes no further."""
    print(f"\nThe demo stops here: {message}", file=sys.stderr)
    return 1


def show_what_is_next() -> None:
    """Name the commands with which a person goes on."""
    print("The run has ended. Your checkout is unchanged: the work is on the branch of the run. Type next:\n")
    print(f"  source {ROOT}/.venv/bin/activate")
    print(f"  export SUREFOOT_HOME={DEMO}/home")
    print(f"  cd {REPOSITORY}")
    for command, purpose in (
        (f"git diff main {BRANCH}", "what was changed"),
        (f"surefoot show {RUN}", "each step and its checks"),
        (f"surefoot audit {RUN}", "does the journal agree with the commits?"),
        (f"surefoot land {RUN}", "merge the verified work; it asks first: one file is missing"),
    ):
        print(f"  {command:42}# {purpose}")
    print(f"\nAll files of the demo are in {DEMO}. Delete that folder when you are done.")


def main() -> int:
    """Run the demo in an empty folder, from the package to the report."""
    heading(1, "fetch a real package from the package registry")
    fetched = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "fetch.py"), "sqlparse", str(REPOSITORY)], check=False
    )
    if fetched.returncode != 0:
        return stop("the package could not be fetched; the reason stands above.")
    untouched = git("rev-parse", "HEAD")

    heading(2, "replace str.format with f-strings, one file a step, and be killed in the middle")
    engine = start("run", str(PLAN), "--repo", str(REPOSITORY), "--run-id", RUN)
    killed = kill_in_the_middle(engine)
    if not killed and engine.returncode != PARTIALLY_COMPLETED:
        return stop(f"`surefoot run` ended with exit code {engine.returncode} before it could be killed.")

    heading(3, "resume")
    if killed:
        print("The journal and the commits hold every verified step. The step that was cut off is repeated.\n")
    else:
        print("The run was over before it could be killed. To resume an ended run does nothing, as you see here:\n")
    code = start("resume", RUN, "--repo", str(REPOSITORY)).wait()
    if code != PARTIALLY_COMPLETED:
        return stop(f"`surefoot resume` ended with exit code {code}; {PARTIALLY_COMPLETED} was expected.")
    print("\nExit code 3, partially completed: one file is beyond the codemod. The file was restored; see the report.")

    heading(4, "the report")
    if start("report", RUN, "--repo", str(REPOSITORY)).wait() != 0:
        return stop("`surefoot report` failed.")

    heading(5, "the commits, one for each verified step")
    print(f"$ git log --oneline main..{BRANCH}")
    print(git("log", "--oneline", f"main..{BRANCH}"))
    if git("rev-parse", "HEAD") != untouched or git("status", "--porcelain"):
        return stop(f"the checkout in {REPOSITORY} was changed, and that must never happen.")

    heading(6, "what to type next")
    show_what_is_next()
    return 0


if __name__ == "__main__":
    sys.exit(main())
