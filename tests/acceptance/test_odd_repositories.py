"""Repositories as they are: submodules, LFS, partial clones, one folder of many, names of any bytes, large ones.

What a workspace does with them in detail is in `tests/workspace`.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Stage

RUN = "20260101-abc123"
BRANCH = f"surefoot/{RUN}"

LIBRARY = """
mkdir ../library; cd ../library; git init -q -b main
echo old > lib.txt; git add -A; git commit -qm old; echo new > lib.txt; git commit -qam new
cd ../user; git -c protocol.file.allow=always submodule --quiet add ../library sub; git commit -qm "Add sub"
"""
READ_SUBMODULE = """
goal: Read a submodule
steps:
  - {id: copy, run: cat sub/lib.txt > a.txt, checks: [{file: a.txt, contains: new, expect: fail_to_pass}]}
  - {id: after, needs: [copy], run: git submodule status > b.txt, checks: [{run: grep '^ .* sub' b.txt}]}
"""
CHANGE_SUBMODULE = """
goal: Change a submodule
steps:
  - {id: inside, run: echo x > sub/lib.txt, checks: [{file: sub/lib.txt, contains: x}], on_failure: skip}
  - {id: look, effect: read, run: echo x > sub/litter, checks: [{file: sub/lib.txt, contains: new}]}
  - {id: careless, run: echo two > a.txt, checks: [{run: echo x > sub/lib.txt}]}
  - {id: move, run: git -C sub checkout -q HEAD~1, writes: [sub], checks: [{file: sub/lib.txt, contains: old}]}
"""
HOLD = """
goal: Be killed
steps:
  - id: hold
    run: |
      test -e $SUREFOOT_MEETING/begun || { SPOIL; }
      touch $SUREFOOT_MEETING/begun; until test -e $SUREFOOT_MEETING/go; do sleep 0.02; done; EDIT
    checks: [{run: CHECK}]
"""


def pointer_to(content: bytes) -> str:
    """Return the pointer that Git LFS makes of a content."""
    digest = hashlib.sha256(content).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(content)}\n"


def with_lfs(stage: Stage) -> None:
    """Commit a pointer, with its content in the store, as Git LFS would."""
    content = b"a content\n"
    digest = hashlib.sha256(content).hexdigest()
    place = stage.user / ".git/lfs/objects" / digest[:2] / digest[2:4]
    place.mkdir(parents=True)
    (place / digest).write_bytes(content)
    (stage.user / ".gitattributes").write_text("*.bin filter=lfs -text\n", "utf-8")
    (stage.user / "x.bin").write_text(pointer_to(content), "utf-8")
    stage.bash("git add -A; git commit -qm lfs")


def kill_and_resume(stage: Stage, plan: str) -> str:
    """Kill the engine in the middle of the step `hold`, resume, and return how the run ended."""
    with stage.begin("run", stage.plan(plan), "--run-id", RUN) as program:
        while not (stage.meeting / "begun").exists():
            assert program.is_running, program.wait().out
        os.kill(program.pid, signal.SIGKILL)
        program.wait()
    stage.go()
    return stage.say("resume", "--json").json["outcome"]


def test_a_submodule_can_be_read(stage: Stage) -> None:
    """From the user's copy, at the recorded commit; landing leaves the user's submodule as it is."""
    stage.bash(LIBRARY)
    assert stage.run(READ_SUBMODULE).code == 0
    assert [stage.say(command).code for command in ("audit", "land")] == [0, 0]
    assert (stage.user / "a.txt").read_text("utf-8") == "new\n"
    assert stage.git("submodule", "status").split()[-1] == "(heads/main)"
    assert (stage.say("rm", RUN).code, stage.git("status", "--porcelain")) == (0, "")


def test_changes_inside_a_submodule_fail_the_attempt(stage: Stage) -> None:
    """With the reason; what a read or a check leaves there is put back; another commit of the copy is recorded."""
    stage.bash(LIBRARY)
    stage.run(CHANGE_SUBMODULE)
    report = stage.say("report", "--json").json
    assert [step["state"] for step in report["steps"]] == ["skipped", "verified", "verified", "verified"]
    assert "the submodule sub was changed inside (lib.txt)" in report["steps"][0]["reason"]
    assert stage.git("rev-parse", f"{BRANCH}:sub") == stage.git("-C", "sub", "rev-parse", "HEAD~1")


@pytest.mark.slow
def test_a_run_on_submodules_survives_a_kill(stage: Stage) -> None:
    """What the killed body did inside is gone."""
    stage.bash(LIBRARY)
    plan = HOLD.replace("SPOIL", "echo x >> sub/lib.txt; rm -f sub/.git").replace("EDIT", "cp sub/lib.txt a.txt")
    assert kill_and_resume(stage, plan.replace("CHECK", "git -C sub status")) == "completed"
    assert stage.git("show", f"{BRANCH}:a.txt") == "new"


def test_a_missing_submodule_is_an_empty_folder_and_a_finding(stage: Stage) -> None:
    """As in the user's checkout."""
    stage.bash(LIBRARY + "git submodule --quiet deinit -f sub; rm -rf .git/modules")
    steps = "steps: [{id: look, run: ls -A sub > a.txt, checks: [{run: test ! -s a.txt}]}]"
    assert stage.run(f"goal: Look\n{steps}\n").code == 0
    assert "submodule-missing" in [found["kind"] for found in stage.say("report", "--json").json["findings"]]


def test_an_lfs_file_is_a_content_in_the_lane_and_a_pointer_on_the_branch(stage: Stage) -> None:
    """Its new content lies in the user's own store."""
    with_lfs(stage)
    checks = "[{file: x.bin, contains: my content, expect: fail_to_pass}]"
    assert stage.run(f"goal: Edit\nsteps: [{{id: edit, run: sed -i s/a/my/ x.bin, checks: {checks}}}]\n").code == 0
    assert stage.git("show", f"{BRANCH}:x.bin") == pointer_to(b"my content\n").strip()
    digest = hashlib.sha256(b"my content\n").hexdigest()
    place = stage.user / ".git/lfs/objects" / digest[:2] / digest[2:4] / digest
    assert [stage.say(*words).code for words in (("audit",), ("land",), ("rm", RUN))] == [0, 0, 0]
    assert (place.read_bytes(), stage.git("status", "--porcelain")) == (b"my content\n", "")


@pytest.mark.slow
def test_a_run_on_lfs_files_survives_a_kill(stage: Stage) -> None:
    """The content is what it was when the killed step began."""
    with_lfs(stage)
    plan = HOLD.replace("SPOIL", "echo spoilt > x.bin").replace("EDIT", "cp x.bin a.txt; echo good > x.bin")
    assert kill_and_resume(stage, plan.replace("CHECK", "grep good x.bin && grep content a.txt")) == "completed"
    assert stage.git("show", f"{BRANCH}:x.bin") == pointer_to(b"good\n").strip()


def test_a_plan_can_be_for_one_folder_of_a_repository(stage: Stage) -> None:
    """Commands start there; globs, items and `writes` count from there; beyond it nothing may be written."""
    stage.bash("mkdir -p packages/foo/src packages/bar; echo one | tee packages/foo/src/{a,b}.txt packages/bar/a.txt")
    stage.bash("git add -A; git commit -qm packages")
    said = stage.run(IN_FOLDER, "--cwd", "packages/foo")
    assert (said.code, stage.states()) == (
        3,
        {"edit-src/a.txt": "verified", "edit-src/b.txt": "verified", "beyond": "skipped"},
    )
    changed = stage.git("diff", "--name-only", "HEAD", BRANCH).splitlines()
    assert changed == ["packages/foo/src/a.txt", "packages/foo/src/b.txt"]


IN_FOLDER = """
goal: Replace one by two
accept: [{file: "src/*.txt", lacks: one, expect: fail_to_pass}]
steps:
  - id: edit-{file}
    for_each: {file: {glob: "src/*.txt"}}
    run: sed -i s/one/two/ {file}
    writes: ["{file}"]
    checks:
      - {file: "{file}", contains: two, expect: fail_to_pass}
      - {changed: ["src/*"]}
  - {id: beyond, run: echo two > ../bar/a.txt, checks: [{run: test -e ../bar}], on_failure: skip}
"""


def test_the_folder_of_a_plan_counts_from_where_one_is(stage: Stage) -> None:
    """As paths do at a prompt."""
    stage.bash("mkdir -p packages/foo; echo one > packages/foo/a.txt; git add -A; git commit -qm packages")
    plan = stage.plan("goal: Edit\nsteps: [{id: edit, run: echo 2 > a.txt, checks: [{file: a.txt, contains: '2'}]}]\n")
    said = stage.say("run", plan, "--run-id", RUN, "--cwd", "foo", cwd=stage.user / "packages")
    assert (said.code, stage.git("diff", "--name-only", "HEAD", BRANCH)) == (0, "packages/foo/a.txt")


@pytest.mark.parametrize("folder", ["nowhere", "..", "a.txt"])
def test_a_folder_that_is_none_of_the_repository_is_refused(stage: Stage, folder: str) -> None:
    """No run is made."""
    said = stage.run("edit", "--cwd", folder)
    assert (said.code, "--cwd" in said.err, stage.say("report").code) == (2, True, 2)


def test_run_from_a_subfolder_works_on_the_repository(stage: Stage) -> None:
    """Its root is where commands start."""
    (stage.user / "below").mkdir()
    assert stage.say("run", stage.plan("edit"), "--run-id", RUN, cwd=stage.user / "below").code == 0


@pytest.mark.slow
def test_names_of_any_bytes_go_through_a_run(stage: Stage) -> None:
    """Into ids, JSON, commits and the checkout."""
    names = [b"-dash", b"new\nline", b'quo"te', b"ta\tb", b"latin\xe9", "snow\N{SNOWMAN}".encode()]
    for name in names:
        (stage.user / os.fsdecode(name)).write_text("one", "utf-8")
    stage.bash("git rm -q a.txt b.txt; git add -A; git commit -qm names")
    assert stage.run(ANY_NAME).code == 0
    ids = [step["id"] for step in json.loads(stage.say("report", "--json").out)["steps"]]
    assert ids == ["e--dash", "e-latin%E9", "e-new%0Aline", "e-quo%22te", "e-snow%E2%98%83", "e-ta%09b"]
    assert [stage.say(*words).code for words in (("audit",), ("show",), ("land",), ("rm", RUN))] == [0, 0, 0, 0]
    assert {(stage.user / os.fsdecode(name)).read_text("utf-8") for name in names} == {"two"}


ANY_NAME = """
goal: Replace one by two
steps:
  - id: e-{file}
    for_each: {file: {glob: "*"}}
    run: printf two > ./{file}
    writes: ["{file}"]
    checks: [{file: "{file}", contains: two, expect: fail_to_pass}]
"""


def test_names_of_any_bytes_survive_a_restore(stage: Stage) -> None:
    """The branch goes back to one of them."""
    (stage.user / os.fsdecode(b"latin\xe9")).write_text("one", "utf-8")
    stage.bash("git add -A; git commit -qm names")
    stage.run(ANY_NAME)
    assert stage.say("restore", "--to", "e-latin%E9").code == 0
    assert stage.say("resume").code == 0


def test_paths_that_differ_by_case_only_are_refused_where_case_is_ignored(stage: Stage) -> None:
    """With their names and what to do; no run is made."""
    stage.bash("echo x > A.txt; git add -A; git commit -qm case; git config core.ignorecase true")
    said = stage.run("edit")
    assert (said.code, "'A.txt' and 'a.txt'" in said.err, "Rename" in said.err) == (2, True, True)
    assert stage.git("for-each-ref", "refs/surefoot", f"refs/heads/{BRANCH}") == ""


def test_a_partial_and_sparse_clone_goes_through_a_run(stage: Stage) -> None:
    """What the lane needs is fetched once; the checkout stays sparse."""
    stage.bash("git config uploadpack.allowFilter true; mkdir c; echo c > c/c.txt; git add -A; git commit -qm c")
    stage.bash("mv ../user ../origin; git clone -q --sparse --filter=blob:none file://$PWD/../origin ../user; true")
    assert stage.run(PARTIAL).code == 0
    assert stage.say("land").code == 0
    assert (stage.git("show", "HEAD:c/c.txt"), (stage.user / "c").exists()) == ("done", False)
    assert "partial-clone" in [found["kind"] for found in stage.say("report", "--json").json["findings"]]


PARTIAL = """
goal: Edit what is not checked out
steps: [{id: edit, run: "grep c c/c.txt && echo done > c/c.txt", checks: [{file: c/c.txt, contains: done}]}]
"""


def test_hooks_run_when_landing_and_never_before(stage: Stage) -> None:
    """Landing is the user's own merge."""
    for name in ("pre-commit", "commit-msg", "post-commit", "post-checkout", "reference-transaction", "post-merge"):
        hook = stage.user / ".git/hooks" / name
        hook.write_text("#!/bin/sh\necho ${0##*/} >> ../hooks.log\n", "utf-8")
        hook.chmod(0o755)
    stage.run("edit")
    assert not (stage.folder / "hooks.log").exists()
    stage.say("land", "--squash")
    assert {"pre-commit", "commit-msg"} <= set((stage.folder / "hooks.log").read_text("utf-8").split())


def test_what_lands_is_signed_by_who_signs(stage: Stage) -> None:
    """With a commit of their own."""
    stage.bash("ssh-keygen -q -t ed25519 -N '' -f ../key; git config gpg.format ssh")
    stage.bash("git config user.signingKey $PWD/../key; git config commit.gpgSign true")
    stage.run("edit")
    assert stage.say("land").code == 0
    assert "gpgsig" in stage.git("cat-file", "-p", "HEAD")


LARGE = """
goal: Touch a large file
steps:
  - {id: grow, run: printf x >> large, checks: [{run: test $(stat -c %s large) = 104857601}]}
  - {id: fail, run: printf y >> large; exit 1, checks: [{file: large, exists: true}], on_failure: skip}
  - {id: look, run: echo two > a.txt, checks: [{file: large, lacks: surely not in there}]}
"""


MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def largest_of(stage: Stage, *arguments: str) -> tuple[int, int]:
    """Run the program: return its exit code, and the memory of the largest process it had, in KiB.

    It is started by a small program: what the one that starts it takes itself counts, too.
    """
    command = [sys.executable, "-c", MEASURED, *stage.command(*arguments)]
    done = subprocess.run(command, cwd=stage.user, env=dict(stage.env), check=True, capture_output=True, text=True)
    code, size = done.stdout.split()
    return int(code), int(size)


@pytest.mark.slow
def test_a_file_of_100_mb_is_never_held_in_memory_twice(stage: Stage) -> None:
    """No process of the run, git included, takes much more than the file itself."""
    stage.bash("head -c 104857600 /dev/urandom > large; git add -A; git commit -qm large")
    code, of_run = largest_of(stage, "run", stage.plan(LARGE), "--run-id", RUN)
    assert (code, stage.states()) == (3, {"grow": "verified", "fail": "skipped", "look": "verified"})
    code, of_landing = largest_of(stage, "land", "--yes")
    assert (code, (stage.user / "large").stat().st_size) == (0, 104857601)
    assert max(of_run, of_landing) < 256 * 1024


@pytest.mark.slow
def test_a_repository_of_50000_files_goes_through_a_run(stage: Stage) -> None:
    """With a restore in between."""
    for folder in range(500):
        place = Path(stage.user, f"d{folder}")
        place.mkdir()
        for number in range(100):
            (place / f"f{number}.txt").write_text(f"{folder} {number}\n", "utf-8")
    stage.bash("git add -A; git commit -qm many")
    assert stage.run("partial").code == 3
    assert [stage.say(*words).code for words in (("audit",), ("land", "--yes"), ("rm", RUN))] == [0, 0, 0]
    assert (stage.user / "a.txt").read_text("utf-8") == "two\n"
