"""The commands and their help.

Each command names the rows it takes from the table in `surefoot.cli.options`. Its body is one call into a module that
is loaded only then. No parser is loaded here: `surefoot.cli.app` makes one of these commands, where one is needed.
"""

from __future__ import annotations

from collections.abc import Callable

from surefoot.cli.options import Body, Command, Given
from surefoot.cli.screen import Screen

COMMANDS: dict[str, Command] = {}
"""By name; those of a group after the name of the group."""
_WORK, _DECIDE, _LOOK, _KEEP, PLAN_PANEL = "Work", "Decide", "Look", "Keep or drop", "Plan"
_POLICY = "policy"


def command(
    takes: str, *, panel: str | None = None, group: str = "", has_optional_file: bool = False, **helps: str
) -> Callable[[Body], Body]:
    """Make a command of a function: it takes these rows of the table, in this order."""

    def add(body: Body) -> Body:
        name = body.__name__.removeprefix(f"{group}_").replace("_", "-")
        COMMANDS[f"{group} {name}".strip()] = Command(
            name=name,
            body=body,
            takes=tuple(takes.split()),
            group=group,
            panel=panel,
            has_optional_file=has_optional_file,
            helps=helps,
        )
        return body

    return add


# --- work


@command(
    "plan_or_goal only repo run_id include_dirty cwd yes allow models worker accept scope plan_only plan_file "
    "with_reviewer cost_usd tokens requests fork_from in_plan quiet as_json",
    panel=_WORK,
    in_plan="With --from: the plan to carry out there (default: what was left of that run's plan).",
)
def run(given: Given, screen: Screen) -> int:
    """Carry out a plan or a goal. Each verified step becomes a commit on a branch; your checkout is not touched.

    Example: surefoot run migrate.yaml --allow publish
    """
    from surefoot.cli.execution import start

    return start(given, screen)


_TO_PLAN = "Change the plan of the run to this file first; what is verified and stays the same is kept."


@command(
    "run repo in_plan same_plan yes allow take_over models with_reviewer cost_usd tokens requests quiet as_json",
    panel=_WORK,
    in_plan=_TO_PLAN,
)
def resume(given: Given, screen: Screen) -> int:
    """Continue a run that was paused or killed, reached a limit, or waited for an answer.

    Example: surefoot resume --cost-usd 10
    """
    from surefoot.cli.execution import resume

    return resume(given, screen)


@command("run_or_step steps repo in_plan same_plan yes allow models quiet as_json", panel=_WORK, in_plan=_TO_PLAN)
def retry(given: Given, screen: Screen) -> int:
    """Try failed, skipped or cancelled steps again, with the steps that waited for them.

    Example: surefoot retry build
    """
    from surefoot.cli.execution import retry

    return retry(given, screen)


@command("run repo as_json", panel=_WORK)
def pause(given: Given, screen: Screen) -> int:
    """Pause a run: steps under way are finished, nothing new starts.

    Example: surefoot pause
    """
    from surefoot.cli.control import pause

    return pause(given.run, given.repo, screen)


@command("run repo as_json", panel=_WORK)
def cancel(given: Given, screen: Screen) -> int:
    """End a run now. Verified steps and their commits stay.

    Example: surefoot cancel 20260401
    """
    from surefoot.cli.control import cancel

    return cancel(given.run, given.repo, screen)


# --- decide


@command("run_or_question repo every samples watch pager as_json", panel=_DECIDE)
def inbox(given: Given, screen: Screen) -> int:
    """Show the open questions, and how to answer each.

    Example: surefoot inbox --all --watch
    """
    from surefoot.cli.inbox import inbox

    return inbox(given, screen)


_AGAIN = "Do not ask for confirmation."


@command("questions repo all_like yes as_json", panel=_DECIDE, yes=_AGAIN)
def approve(given: Given, screen: Screen) -> int:
    """Approve exactly what the questions show. If anything changes before the effect, you are asked again.

    Example: surefoot approve 20260401-k3x9ab.1 20260401-k3x9ab.2
    """
    from surefoot.cli.approvals import approve

    return approve(given, screen)


@command("questions reason repo as_json", panel=_DECIDE)
def reject(given: Given, screen: Screen) -> int:
    """Refuse what the questions show, with a reason.

    Example: surefoot reject 20260401-k3x9ab.1 --reason "Not before Monday"
    """
    from surefoot.cli.approvals import reject

    return reject(given, screen)


@command("question other_command instruction patch file say repo yes as_json", panel=_DECIDE, yes=_AGAIN)
def edit(given: Given, screen: Screen) -> int:
    """Approve another command, patch or plan instead of the one shown (default: in your editor).

    After a failure the next attempt runs that command, or its agent has that instruction; a patch is its result.

    Example: surefoot edit 20260401-k3x9ab.1 --command "twine upload --repository testpypi dist/*"
    """
    from surefoot.cli.approvals import edit

    return edit(given, screen)


@command("question answer say keep_changes repo as_json", panel=_DECIDE)
def answer(given: Given, screen: Screen) -> int:
    """Answer a question of a run. If the run is at work, it goes on at once.

    Example: surefoot answer 20260401-k3x9ab.1 retry --say "Use the parser in lib.py, do not write one"
    """
    from surefoot.cli.approvals import answer

    return answer(given, screen)


@command("question repo as_json", panel=_DECIDE)
def take_over(given: Given, screen: Screen) -> int:
    """Do by hand what a question shows. The run waits, then inspects and checks your work.

    Example: surefoot take-over 20260401-k3x9ab.1
    """
    from surefoot.cli.approvals import take_over

    return take_over(given, screen)


@command("agent text now keep deny repo as_json", panel=_DECIDE)
def tell(given: Given, screen: Screen) -> int:
    """Say something to an agent. Its next request holds the message, once, also after a kill.

    Example: surefoot tell latest:port "Keep Python 3.8 as well"
    """
    from surefoot.cli.message_page import tell

    return tell(given, screen)


@command("run_and_file stops dry_run revert why yes repo as_json", panel=_DECIDE)
def amend(given: Given, screen: Screen) -> int:
    """Change the plan of a run at any moment, or stop a wrong one. What is verified and stays is not done again.

    Example: surefoot amend --dry-run edited.yaml
    """
    from surefoot.cli.amendment_page import amend_by_file

    return amend_by_file(given, screen)


@command(
    "step_to_add does_run does_by_agent needs checks writes before after dry_run why yes repo as_json", panel=_DECIDE
)
def add(given: Given, screen: Screen) -> int:
    """Add a step to the plan of a run. For all that a step can be, use `amend` and a file.

    Example: surefoot add docs --run "make docs" --needs build --check "test -f site/index.html"
    """
    from surefoot.cli.amendment_page import add

    return add(given, screen)


@command("run_or_step steps dry_run revert why yes repo as_json", panel=_DECIDE, steps="The steps to drop.")
def drop(given: Given, screen: Screen) -> int:
    """Take steps out of the plan of a run.

    Example: surefoot drop docs
    """
    from surefoot.cli.amendment_page import drop

    return drop(given, screen)


@command("run_or_step steps before after dry_run why yes repo as_json", panel=_DECIDE, steps="The step to move.")
def move(given: Given, screen: Screen) -> int:
    """Have a step of a run taken up earlier or later.

    Example: surefoot move docs --before publish
    """
    from surefoot.cli.amendment_page import move

    return move(given, screen)


@command(
    "run_or_step steps dry_run why yes repo as_json",
    panel=_DECIDE,
    steps="The steps that proved wrong.",
    why="What is wrong with them; people and later agents read it.",
    yes="Do not ask first.",
)
def invalidate(given: Given, screen: Screen) -> int:
    """Take verified steps back that proved wrong, with what consumed them, and do these again.

    Later results that consumed nothing of them are judged again, and stay.

    Example: surefoot invalidate parse --why "It drops the last line" --dry-run
    """
    from surefoot.cli.invalidation_page import take_steps_back

    return take_steps_back(given, screen)


@command("review_words why repo as_json", panel=_DECIDE, why="What you have found; the journal keeps it.")
def review(given: Given, screen: Screen) -> int:
    """Say of a sample, or of any verified step, whether its result is right. Nothing is changed by it.

    Example: surefoot review 20260401-k3x9ab.s1 wrong --why "It drops the last line"
    """
    from surefoot.cli.sample_page import give_review

    return give_review(given, screen)


# --- look


@command("run repo as_json", panel=_LOOK)
def status(given: Given, screen: Screen) -> int:
    """Show where a run stands, what it asks, and what to type next.

    Example: surefoot status
    """
    from surefoot.cli.overview import status

    return status(given.run, given.repo, screen)


@command("run repo as_json", panel=_LOOK, as_json="Print the journal as it grows, one JSON object per event.")
def watch(given: Given, screen: Screen) -> int:
    """Watch a run that another program works on. Ctrl-C leaves; the run goes on.

    Example: surefoot watch latest
    """
    from surefoot.cli.watch import watch

    return watch(given.run, given.repo, screen)


@command("repo as_json", panel=_LOOK, repo="Only the runs of this repository or folder.")
def ls(given: Given, screen: Screen) -> int:
    """List all runs, newest first.

    Example: surefoot ls
    """
    from surefoot.cli.overview import list_runs

    return list_runs(given.repo, screen)


@command("repo notifies as_json", panel=_LOOK, repo="Only the runs of this repository or folder.")
def health(given: Given, screen: Screen) -> int:
    """Show what stands still, waits for somebody or is near a limit, over all runs.

    Example: surefoot health --json
    """
    from surefoot.cli.health_page import show_health

    return show_health(given, screen)


@command(
    "dead_words every why repo as_json",
    panel=_LOOK,
    every="Also those that were closed.",
    why="With `close`: why it is left as it is; the journal keeps it.",
    repo="Only the runs of this repository or folder.",
)
def dead(given: Given, screen: Screen) -> int:
    """List the steps and runs that cannot go on by themselves, with the reason and the command that goes on.

    `dead retry ITEM` takes one up again: its attempts, ladder and own limits count anew, and the run goes on.

    `dead close ITEM` leaves it as it is: it is listed no more.

    Example: surefoot dead close 20260401-k3x9ab:build --why "The vendor has to mend it"
    """
    from surefoot.cli.dead_page import dead

    return dead(given, screen)


@command(
    "run_or_step step repo events output turns raw made_plan diff attempt candidate stat draws mermaid svg pager "
    "as_json",
    panel=_LOOK,
    has_optional_file=True,
)
def show(given: Given, screen: Screen) -> int:
    """Show the steps of a run, or one step: its instruction, attempts, checks with evidence, output and commit.

    Example: surefoot show build --output
    """
    from surefoot.cli.run_page import show

    return show(given, screen)


@command("run repo markdown is_long as_json", panel=_LOOK)
def report(given: Given, screen: Screen) -> int:
    """Report what is verified, what is not and why, and how to go on. Works at any moment.

    Example: surefoot report --markdown > report.md
    """
    from surefoot.cli.overview import report

    return report(given.run, given.repo, screen, markdown=given.markdown, is_long=given.is_long)


@command(
    "run check_name does_run repo as_json", panel=_LOOK, does_run="Ask this command instead; 0 is its only good status."
)
def blame(given: Given, screen: Screen) -> int:
    """Find the first step after which a check fails, by asking the check about commits of an ended or paused run.

    Example: surefoot blame --run "pytest tests/test_api.py"
    """
    from surefoot.cli.blame_page import blame

    return blame(given, screen)


@command("run repo as_json", panel=_LOOK)
def findings(given: Given, screen: Screen) -> int:
    """Show what was found in a run, with the failure it names and where it shows. Exit code 1: warnings or problems.

    Example: surefoot findings latest
    """
    from surefoot.cli.findings_page import findings

    return findings(given, screen)


@command(
    "repo svg as_json",
    panel=_LOOK,
    has_optional_file=True,
    repo="Only the runs of this repository or folder.",
    svg="Draw the figures as SVG into a file (default: standard output).",
)
def stats(given: Given, screen: Screen) -> int:
    """Show figures over all runs: failures by name, what helped after them, proofs, attempts, cost.

    Example: surefoot stats --svg stats.svg
    """
    from surefoot.cli.stats_page import show_stats

    return show_stats(given, screen)


@command(
    "repo max_error svg as_json",
    panel=_LOOK,
    has_optional_file=True,
    repo="Only the runs of this repository or folder.",
    svg="Draw it as SVG into a file (default: standard output).",
)
def calibration(given: Given, screen: Screen) -> int:
    """Compare how sure agents said to be with what was found, and name the threshold that holds. Nothing is set.

    Example: surefoot calibration --max-error 0.02
    """
    from surefoot.cli.calibration_page import show_calibration

    return show_calibration(given, screen)


@command(
    "run repo export as_json",
    panel=_LOOK,
    run="The run whose corrections are shown; left out: all runs.",
    export="Write them to a file as a data set, one JSON object a line, with what each was about.",
)
def corrections(given: Given, screen: Screen) -> int:
    """List what people said, refused, changed or found wrong, over all runs or in one.

    Example: surefoot corrections --export corrections.jsonl
    """
    from surefoot.cli.corrections_page import show_corrections

    return show_corrections(given, screen)


@command("trace as_json", panel=_LOOK)
def diagnose(given: Given, screen: Screen) -> int:
    """Look at what another agent did: failures by name, and up to three steps that may have gone wrong first.

    Example: surefoot diagnose trajectory.json
    """
    from surefoot.cli.diagnosis_page import diagnose

    return diagnose(given.trace, screen)


@command("drills repo is_bare drill_folder injections keeps_scratch at_once quiet as_json", panel=_LOOK)
def drill(given: Given, screen: Screen) -> int:
    """Try your settings: scripted agents go wrong on purpose in a scratch repository. Exit code 3: one was missed.

    Example: surefoot drill looper destroyer --bare
    """
    from surefoot.cli.drill_page import drill

    return drill(given, screen)


@command("run repo markdown as_json", panel=_LOOK)
def postmortem(given: Given, screen: Screen) -> int:
    """Tell what became of a run and why: first wrong step, failures by name, what they spoilt, cost, timeline.

    Example: surefoot postmortem latest --markdown > postmortem.md
    """
    from surefoot.cli.postmortem_page import postmortem

    return postmortem(given, screen)


@command("run repo as_json", panel=_LOOK)
def cost(given: Given, screen: Screen) -> int:
    """Show what the models of a run used: money, tokens and requests, by phase, step, role and model.

    Example: surefoot cost latest
    """
    from surefoot.cli.cost import cost

    return cost(given.run, given.repo, screen)


@command("run repo export verify as_json", panel=_LOOK)
def audit(given: Given, screen: Screen) -> int:
    """Compare a run's journal with its hashes, its evidence and its commits. Exit code 1: mismatches were found.

    Example: surefoot audit latest --export trail.jsonl
    """
    from surefoot.cli.audit import audit

    return audit(given, screen)


# --- keep


@command(
    "run repo squash yes run_hooks as_json", panel=_KEEP, yes="Land the verified work although something is missing."
)
def land(given: Given, screen: Screen) -> int:
    """Merge a run's verified work into the branch you have checked out.

    Example: surefoot land --squash
    """
    from surefoot.cli.lifecycle import land

    return land(given, screen)


@command("run to repo yes as_json", panel=_KEEP, yes="Go back although irreversible effects came later.")
def restore(given: Given, screen: Screen) -> int:
    """Take a paused or ended run back to the commit of a step. Later steps are to be done again.

    Example: surefoot restore latest --to build
    """
    from surefoot.cli.control import restore

    return restore(given, screen)


@command(
    "run repo leave dry_run yes as_json",
    panel=_KEEP,
    yes="Undo without a question; the commands that undo effects are approved as well.",
    dry_run="Only show what would be undone.",
)
def undo(given: Given, screen: Screen) -> int:
    """Take a run back to the state before it began: its landing, its outside effects, its branch.

    Example: surefoot undo --dry-run
    """
    from surefoot.cli.undo_page import undo

    return undo(given, screen)


@command("runs repo branch as_json", panel=_KEEP)
def rm(given: Given, screen: Screen) -> int:
    """Delete runs: their folders, journals and refs. Branches stay unless `--branch` is given.

    Example: surefoot rm 20260401-k3x9ab --branch
    """
    from surefoot.cli.lifecycle import remove

    return remove(given, screen)


@command("older_than dry_run as_json", panel=_KEEP, dry_run="Only say what would be deleted.")
def gc(given: Given, screen: Screen) -> int:
    """Free disk space: delete worktrees and environments of ended runs, and what belongs to no run. No branch goes.

    Example: surefoot gc --older-than 7d --dry-run
    """
    from surefoot.cli.lifecycle import collect

    return collect(given, screen)


# --- plan


@command("new_plan as_json", panel=PLAN_PANEL)
def init(given: Given, screen: Screen) -> int:
    """Write a small plan with comments, which runs as it is.

    Example: surefoot init plans/rename.yaml
    """
    from surefoot.cli.starter import init

    return init(given.new_plan, screen)


@command("plan repo mermaid svg as_json", panel=PLAN_PANEL, has_optional_file=True)
def check(given: Given, screen: Screen) -> int:
    """Check a plan without running it: problems, graph, parallel steps, approvals. Exit code 1: problems were found.

    Example: surefoot check migrate.yaml --svg migrate.svg
    """
    from surefoot.cli.plans import check

    return check(given, screen)


@command("schema_file as_json", panel=PLAN_PANEL)
def schema(given: Given, screen: Screen) -> int:
    """Write the JSON Schema of plan files, with which editors complete and check plans.

    Example: surefoot schema surefoot.schema.json
    """
    from surefoot.cli.starter import schema

    return schema(given.schema_file, screen)


@command("as_json", panel=PLAN_PANEL)
def doctor(_: Given, screen: Screen) -> int:
    """Check this machine for what runs need, and suggest fixes.

    Example: surefoot doctor
    """
    from surefoot.cli.doctor import doctor

    return doctor(screen)


@command("command effect of_step in_plan paths put_out repo as_json", group=_POLICY)
def policy_test(given: Given, screen: Screen) -> int:
    """Show which rule decides about a command, and why. The command is not run; the exit code is 0.

    Example: surefoot policy test "git push origin main"
    """
    from surefoot.cli.policy_page import test

    return test(given, screen)


@command("in_plan repo as_json", group=_POLICY, in_plan="Include the rules of this plan.")
def policy_show(given: Given, screen: Screen) -> int:
    """List the rules that hold here, in the order in which they decide.

    Example: surefoot policy show --json
    """
    from surefoot.cli.policy_page import show

    return show(given.in_plan, given.repo, screen)
