"""`call` probes: a Python function, in a child or of the calling program."""

from __future__ import annotations

import asyncio

from surefoot.core.event_words import Applied
from surefoot.core.probe_kinds import CallProbe, FunctionProbe
from surefoot.function_calls import call_request, read_failure, read_result
from surefoot.ports import CommandRequest, Commands
from surefoot.probes.reply import ProbeReply
from surefoot.probes.subject import Subject

TIMEOUT_S = 60.0
"""A function that takes longer says nothing."""
_ANSWERS: dict[object, Applied] = {
    True: Applied.APPLIED,
    False: Applied.NOT_APPLIED,
    None: Applied.UNKNOWN,
    **{answer.value: answer for answer in Applied},
}


async def ask_call(kind: CallProbe, subject: Subject, commands: Commands) -> ProbeReply:
    """Call the function in a child with an argument that has `workspace`, `attempt` and `idempotency_key`."""
    argument = {"workspace": str(commands.root), "attempt": subject.attempt, "idempotency_key": subject.key}
    call = call_request(kind.function, subject.plan_folder, argument)
    request = CommandRequest(
        argv=call.argv, env={**call.env, **subject.env}, timeout_s=TIMEOUT_S, network=True, confine=False
    )
    outcome = await commands.run(request)
    if outcome.exit_code != 0 or outcome.evidence is None:
        failure = read_failure(outcome.tail)
        how = outcome.said if failure is None else f"ended with {failure.error_type}"
        return ProbeReply(answer=Applied.UNKNOWN, text=f"{kind.function}: {how}", evidence=outcome.evidence)
    output = commands.load(outcome.evidence).decode(errors="replace")
    answer, text = _read(kind.function, read_result(output))
    return ProbeReply(answer=answer, text=text, evidence=outcome.evidence)


async def ask_function(kind: FunctionProbe, subject: Subject) -> ProbeReply:
    """Call the program's own function; one that raises, or takes too long, says nothing."""
    assert subject.function is not None
    try:
        async with asyncio.timeout(TIMEOUT_S):
            returned = await subject.function()
    except Exception as error:  # noqa: BLE001 - a probe that breaks is unknown, whatever broke it
        return ProbeReply(answer=Applied.UNKNOWN, text=f"{kind.name} ended with {type(error).__name__}: {error}")
    answer, text = _read(kind.name, returned)
    return ProbeReply(answer=answer, text=text)


def _read(function: str, returned: object) -> tuple[Applied, str]:
    match returned:
        case bool() | str() | None if returned in _ANSWERS:
            return _ANSWERS[returned], f"{function} returned {returned}"
        case [(bool() | str() | None) as word, str(text)] if word in _ANSWERS:
            return _ANSWERS[word], text
        case other:
            words = ", ".join(answer.value for answer in Applied)
            expected = f"expected True, False, None, or one of {words}; with a text behind it, if there is one"
            return Applied.UNKNOWN, f"{function} returned {other!r:.200}; {expected}"
