"""`blame`: the first step after which a check fails, in real runs (M76)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.acceptance.conftest import Stage

RUN = "20260101-abc123"
PLAN = """
goal: Keep the value
accept: [{name: kept, run: grep -q one b.txt, expect: pass_to_pass}]
steps:
  - {id: first, run: "echo 1 > n.txt", checks: [{name: there, run: test -f n.txt, expect: fail_to_pass}]}
  - {id: second, needs: [first], run: "echo 2 > n.txt"}
  - {id: bad, needs: [second], reads: [n.txt], run: "cat n.txt > b.txt"}
  - {id: fourth, needs: [bad], reads: [b.txt], run: "cat b.txt > c.txt"}
  - {id: last, needs: [fourth], run: "rm n.txt"}
"""


def test_the_step_is_found_and_shown(stage: Stage) -> None:
    """With its diff, what it rests on, what rests on it, and the next command."""
    stage.run(PLAN)
    said = stage.say("blame", "--json").json
    assert (said["outcome"], said["step"], said["askings"] <= said["askings_max"] == 6) == ("found", "bad", True)
    assert "+2" in said["details"]["diff"]["patch"]
    assert said["consumed"] == [{"step": name, "why": "read n.txt"} for name in ("first", "second")]
    assert [one["step"] for one in said["spoilt"]] == ["fourth"]
    assert said["next"].startswith("surefoot ")


def test_the_text_names_the_step_and_the_next_command(stage: Stage) -> None:
    """And each answer as it comes; the report of the run says before that the search is there."""
    assert f"`surefoot blame {RUN}` finds it" in stage.run(PLAN).out
    said = stage.say("blame")
    assert said.code == 0
    assert "Step bad is the first after which 'kept' fails." in said.out
    assert "asked      bad " in said.out
    assert "Next: surefoot " in said.out


def test_what_was_found_is_named_in_the_command_that_goes_on(stage: Stage) -> None:
    """Of the report and of `status`, as long as the step stands."""
    stage.run(PLAN)
    assert stage.say("status", "--json").json["next"] == f"surefoot invalidate {RUN} STEP --why TEXT"
    stage.say("blame")
    assert stage.say("status", "--json").json["next"] == f"surefoot invalidate {RUN} bad --why TEXT"
    stage.say("invalidate", "bad", "--why", "wrong")
    assert stage.say("status", "--json").json["next"] == f"surefoot invalidate {RUN} STEP --why TEXT"


def test_what_was_found_is_shown_again_without_asking(stage: Stage) -> None:
    """The journal does not grow by it."""
    stage.run(PLAN)
    stage.say("blame")
    events = len(stage.say("show", RUN, "--events").out.splitlines())
    assert stage.say("blame", "--json").json["step"] == "bad"
    assert len(stage.say("show", RUN, "--events").out.splitlines()) == events


def test_a_command_is_asked_in_the_sandbox_at_commits_of_the_run(stage: Stage) -> None:
    """It leaves nothing in the checkout, and finds the files as they were."""
    stage.run(PLAN)
    said = stage.say("blame", RUN, "--run", "test ! -e left && touch left && test ! -e c.txt", "--json").json
    assert (said["outcome"], said["step"]) == ("found", "fourth")
    assert stage.git("status", "--porcelain") == ""


def test_a_check_of_a_step_is_searched_for_from_that_step_on(stage: Stage) -> None:
    """It fails before the step, and that is no answer."""
    stage.run(PLAN)
    assert stage.say("blame", "--check", "first:there", "--json").json["step"] == "last"


def test_what_names_no_step_is_said_honestly(stage: Stage) -> None:
    """Red before, green at the end, no such check, both ways of naming one."""
    stage.run(PLAN)
    assert stage.say("blame", "--run", "false", "--json").json["outcome"] == "red_before"
    assert stage.say("blame", "--run", "true", "--json").json["outcome"] == "green"
    assert stage.say("blame", "--check", "nope").code == 2
    assert stage.say("blame", "--check", "kept", "--run", "true").code == 2


def test_a_landed_run_is_searched_like_any(stage: Stage) -> None:
    """Its branch and the checkout stay where they are."""
    stage.run(PLAN)
    stage.say("land", "--yes")
    before = stage.git("for-each-ref")
    assert stage.say("blame", "--json").json["step"] == "bad"
    assert stage.git("for-each-ref") == before


def test_the_post_mortem_names_the_first_wrong_step_and_what_it_spoilt(stage: Stage) -> None:
    """M141: as `blame` found it, with what consumed it, and the timeline."""
    stage.run(PLAN)
    stage.say("blame")
    said = stage.say("postmortem", "--json").json
    assert (said["first_wrong"]["step"], said["first_wrong"]["found_by"]) == ("bad", "blame")
    tainted = stage.say("invalidate", "bad", "--why", "wrong", "--dry-run", "--json").json["tainted"]
    assert [one["step"] for one in said["spoilt"]] == ["fourth"]
    assert said["spoilt"] == tainted[1:]
    assert [one["word"] for one in said["timeline"]].count("verified") == 5
    assert (said["first_wrong"]["diagnosis"], said["names"]) == ("silent_error", {"silent_error": 1})
    stage.say("invalidate", "bad", "--why", "wrong")
    assert stage.say("postmortem", "--json").json["names"] == {"silent_error": 1}


def test_the_post_mortem_names_the_step_that_somebody_took_back(stage: Stage) -> None:
    """M141: although all is well by then, and nobody asked `blame`; with what was done again for it."""
    stage.run(PLAN)
    stage.say("invalidate", "second", "--why", "It counts wrong")
    said = stage.say("postmortem", "--json").json
    first = said["first_wrong"]
    assert (first["step"], first["found_by"], first["diagnosis"]) == ("second", "person", "silent_error")
    assert first["why"].endswith("took it back: It counts wrong")
    assert "bad" in [one["step"] for one in said["spoilt"]]
    assert said["cost"]["attempts"] == 5 + 1 + len(said["spoilt"])
    assert "second (silent_error): " in stage.say("postmortem").out


def test_the_post_mortem_of_a_failed_run_names_its_failures(stage: Stage) -> None:
    """M141: each attempt with its diagnosis, and the steps that wait in vain; as text and as Markdown."""
    stage.run("goal: Fail\nsteps:\n  - {id: bad, run: exit 3}\n  - {id: next, needs: [bad], run: echo}\n")
    said = stage.say("postmortem", "--json").json
    assert (said["first_wrong"]["step"], said["first_wrong"]["found_by"]) == ("bad", "failure")
    assert said["spoilt"] == [{"step": "next", "by": "bad", "why": "waits for the result"}]
    assert said["cost"]["failed_attempts"] == sum(said["names"].values()) > 0
    assert "First wrong step" in stage.say("postmortem").out
    assert "## What it spoilt" in stage.say("postmortem", "--markdown").out


def test_a_post_mortem_counts_a_result_that_came_too_late_among_the_attempts(stage: Stage) -> None:
    """M141: two steps change one file at once, so that the later one is made again, which `retry` does not count."""
    stage.run(
        "goal: Be late\nlimits: {parallel: 2}\nsteps:\n  - {id: quick, run: sleep 1; echo a > $(echo line)}\n"
        "  - {id: slow, run: sleep 3; echo b > $(echo line)}\n"
    )
    said = stage.say("postmortem", "--json").json
    assert [(one["step"], one["diagnosis"], one["counted"]) for one in said["failures"]] == [("slow", "stale", False)]
    assert (said["cost"]["attempts"], said["cost"]["failed_attempts"]) == (3, 1)
    assert "slow, attempt 1 (stale, not counted)" in stage.say("postmortem").out
