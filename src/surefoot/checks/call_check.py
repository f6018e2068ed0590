"""`call` checks: a Python function, imported and called in a child process."""

from __future__ import annotations

from surefoot.checks.check_request import Answer, Question
from surefoot.checks.exit_status import last_lines, whole_output, why_no_answer
from surefoot.core.check_kinds import CallCheck
from surefoot.core.event_words import Moment, Verdict
from surefoot.function_calls import call_request, read_failure, read_result
from surefoot.ports import CommandOutcome, Commands

_VERDICTS: dict[object, Verdict] = {verdict.value: verdict for verdict in Verdict}


async def ask_call(kind: CallCheck, question: Question, commands: Commands) -> Answer:
    """Call the function with an argument that has `workspace`, `moment` and `changed`."""
    moment = Moment.BEFORE if question.moment is Moment.BEFORE else Moment.AFTER
    argument = {"workspace": str(commands.root), "moment": moment.value, "changed": list(question.changed)}
    call = call_request(kind.function, question.plan_folder, argument)
    outcome = await commands.run(question.request(argv=call.argv, env=call.env))
    verdict, text = _read(kind, outcome, commands)
    if verdict is not Verdict.PASSED:
        text = "\n".join(filter(None, (text, last_lines(outcome) if outcome.exit_code else "")))
    return Answer(verdict=verdict, text=text, evidence=outcome.evidence, duration_s=outcome.duration_s)


def _read(kind: CallCheck, outcome: CommandOutcome, commands: Commands) -> tuple[Verdict, str]:
    reason = why_no_answer(outcome)
    if reason is not None:
        return Verdict.INCONCLUSIVE, reason
    output = whole_output(outcome, commands)
    if outcome.exit_code != 0:
        failure = read_failure(output)
        how = outcome.said if failure is None else f"{kind.function} ended with {failure.error_type}"
        return Verdict.INCONCLUSIVE, how
    match read_result(output):
        case bool(is_so):
            return (Verdict.PASSED if is_so else Verdict.FAILED), f"{kind.function} returned {is_so}"
        case [bool(is_so), str(text)]:
            return (Verdict.PASSED if is_so else Verdict.FAILED), text
        case [str(word), str(text)] if word in _VERDICTS:
            return _VERDICTS[word], text
        case other:
            expected = f"True, False or (verdict, text) with a verdict out of {', '.join(Verdict)}"
            return Verdict.INCONCLUSIVE, f"{kind.function} returned {other!r:.200}; expected {expected}"
