"""Tests made weaker: tests or assertions removed, marks that leave tests out, thresholds and bounds made looser.

What is counted are forms of the common test libraries, in the files of one change together: an assertion that moves
from one file to another is not lost. Where a change may be a rewrite for the better, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence

from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.core.short_text import counted

_LINE_MAX = 400
"""Longer lines are not written by hand, and are not looked at."""
_TEST_FILE = regex(
    r"(?:^|/)(?:tests?|specs?|__tests__)/(?:.*/)?[^/]+\.(?:py|[cm]?[jt]sx?|go|rs|rb|java|kt|cs|scala|swift|c|cc|cpp|exs?"
    r"|php|sh|bats)$|(?:^|/)(?:test_[^/]*|tests?|conftest)\.py$|_test\.(?:py|go|rb|c|cc|cpp|exs)$"
    r"|[._-](?:test|spec)\.[cm]?[jt]sx?$|(?:Test|Tests|Spec)\.(?:java|kt|cs|scala|swift)$|_spec\.rb$|\.bats$"
)
_NAMED_TEST = regex(r"(?:^|[/._-])(?:tests?|spec)[._-][^/]*$|[^/]*(?:[._-](?:tests?|spec)|Tests?|Spec)\.\w+$|\.bats$")
_SETTINGS_FILE = regex(
    r"(?:^|/)(?:pyproject\.toml|setup\.cfg|tox\.ini|pytest\.ini|\.?coveragerc|package\.json|\.?codecov\.ya?ml"
    r"|(?:jest|vitest|karma)[^/]*\.config\.[cm]?[jt]s|Makefile)$"
)
_COMMENT = regex(r"^[ \t]*(?://|#(?!\[)|\*)")
_TEST = regex(
    r"^[ \t]*(?:async )?def test\w*\(|^[ \t]*(?:it|test)(?:\.each\S*)?\(|^func (?:Test|Fuzz)\w*\(|#\[(?:tokio::)?test\]"
    r"|@(?:Parameterized)?Test\b|^[ \t]*(?:it|test) [\"']|^@test ",
    re.MULTILINE,
)
_ASSERTION = regex(
    r"^[ \t]*assert\b|\bself\.assert\w+\(|\bpytest\.(?:raises|warns|fail)\(|\bexpect\(|\b(?:debug_)?assert[\w.]*!?\("
    r"|\b[tb]\.(?:Error|Fatal)f?\(|\b(?:require|should)\.\w+\(",
    re.MULTILINE,
)
_CASES = regex(r"\bparametrize\(|\.each[(`]|@ParameterizedTest|#\[case|\bsubTest\(|\bt\.Run\(|@given\(")
"""Many tests in the form of one."""
_EMPTY = regex(
    r"^[ \t]*assert (?:True|1|not False)[ \t]*(?:,|$)|\bassert.* or True[ \t]*$|\bassertTrue\((?:self, )?True\)"
    r"|\bexpect\((true|1)\)\.(?:toBe|toEqual)\(\1\)|\bassert!\(true\)",
    re.MULTILINE,
)
_SKIP = regex(
    r"@(?:pytest\.mark\.|unittest\.)(?:skip|xfail|expectedFailure)|\bpytest\.(?:skip|xfail|importorskip)\(|\.skipTest\(|\bSkipTest\("
    r"|\b(?:it|test|describe)\.(?:skip|todo|fixme)\b|\bx(?:it|describe|test)\(|\bt\.Skip(?:f|Now)?\(|#\[ignore\b"
    r"|@(?:Disabled|Ignore)\b|\bcollect_ignore\b"
)
_LEFT_OUT = regex(
    r"--deselect\b|--ignore[= ]\S*test|-k[ =][\"']*not\b|collect_ignore|--passWithNoTests"
    r"|\btest\b.*\|\|[ \t]*(?:true|:)"
    r"|testPathIgnorePatterns"
)
_FIGURE = r"(-?\d+(?:\.\d+)?(?:e-?\d+)?)"
_THRESHOLD = regex(
    r"\b(fail[_-]under|min[_-]coverage|branches|functions|lines|statements|threshold|target)\b[\"']?\s*[=: ]\s*[\"']?"
    + _FIGURE
)
_MUST_STAY = regex(r"fail|coverage")
_COMPARED = r"^([ \t]*(?:assert\b|self\.assert|expect\().*?)([<>]=?|less\w*\(|greater\w*\()[ \t]*"
_CALLED = r"^([ \t]*self\.assert)(Less|Greater)((?:Equal)?\(.*,[ \t]*)"
"""Compares with its last argument."""
_KEYWORD = r"\b(abs|rel|atol|rtol|abs_tol|rel_tol|delta|tolerance|epsilon)[ \t]*=[ \t]*"
_NAME = r"([A-Za-z_]\w*)\b(?![.(\[])"
_BOUND = regex(_COMPARED + _FIGURE, re.IGNORECASE | re.MULTILINE)
_TOLERANCE = regex(_KEYWORD + _FIGURE)
_CALLED_BOUND = regex(_CALLED + _FIGURE + r"[ \t]*\)[ \t]*$", re.MULTILINE)
_CALLED_NAMED = regex(_CALLED + _NAME + r"[ \t]*\)[ \t]*$", re.MULTILINE)
_NAMED_BOUND = regex(_COMPARED + _NAME, re.IGNORECASE | re.MULTILINE)
_NAMED_TOLERANCE = regex(_KEYWORD + _NAME)
_CONSTANT = regex(
    r"^[ \t]*(?:(?:const|let|var|static|final) )*([A-Za-z_]\w*)(?:[ \t]*:[^=\n]+)?[ \t]*:?=[ \t]*"
    + _FIGURE
    + r"[ \t]*;?[ \t]*$",
    re.MULTILINE,
)
_PYTHON_TEST = regex(r"([ \t]*)(?:async )?def test\w*\(")
_INDENT = regex(r"[ \t]*")


@record
class Changed:
    """A changed file."""

    path: str
    before: str
    """Empty: it was not there."""
    after: str
    """Empty: it is gone."""


def is_watched(path: str) -> bool:
    """Tell whether a file may hold tests, or says how strict they are."""
    return _TEST_FILE.search(path) is not None or _SETTINGS_FILE.search(path) is not None


def weakened(files: Sequence[Changed]) -> tuple[str, ...]:
    """Say what the changes of a step took from the tests, a line for each; empty: nothing that is counted here."""
    read = [Changed(path=one.path, before=_code(one.before), after=_code(one.after)) for one in files]
    tests = [one for one in read if _TEST_FILE.search(one.path) is not None]
    settings = [one for one in read if _SETTINGS_FILE.search(one.path) is not None]
    of_tests = (*_fewer(tests), *_left_out(tests), *_emptied(tests), *_cut_short(tests), *_looser(tests))
    return (*of_tests, *_settings_left_out(settings), *_lower(settings))


def _code(text: str) -> str:
    """Return the lines that count: no comments, and none that no hand has written."""
    lines = text.splitlines()
    return "\n".join(line for line in lines if len(line) <= _LINE_MAX and _COMMENT.match(line) is None)


def _fewer(files: Sequence[Changed]) -> Iterator[str]:
    """Yield where tests or assertions went, if there are fewer in all; many may have become the cases of one."""
    if sum(_growth(_CASES, one) for one in files) > 0:
        return
    said = set[str]()
    for what, pattern in (("test", _TEST), ("assertion", _ASSERTION)):
        lost = {one.path: -_growth(pattern, one) for one in files}
        if sum(lost.values()) <= 0:
            continue
        for one in files:
            if (count := lost[one.path]) > 0 and one.path not in said:
                said.add(one.path)
                yield _lost(one, count, what)
    yield from _deleted([one for one in files if one.path not in said], {one.after for one in files if not one.before})


def _deleted(files: Sequence[Changed], added: Container[str]) -> Iterator[str]:
    """Yield the files of tests that are gone, not moved, and held nothing that is told as a test."""
    for one in files:
        is_gone = one.before and not one.after and one.before not in added
        if is_gone and not _count(_TEST, one.before) and _NAMED_TEST.search(one.path) is not None:
            yield f"{one.path} was deleted"


def _lost(one: Changed, count: int, what: str) -> str:
    fewer = counted(count, what)
    return f"{one.path} was deleted, with {fewer}" if not one.after else f"{one.path}: {fewer} fewer"


def _left_out(files: Iterable[Changed]) -> Iterator[str]:
    """Yield where tests that there were are left out now; a new test may be left out somewhere."""
    for one in files:
        added = _growth(_SKIP, one) - max(0, _growth(_TEST, one))
        if added > 0:
            yield f"{one.path}: {counted(added, 'mark')} more by which tests are left out"


def _settings_left_out(files: Iterable[Changed]) -> Iterator[str]:
    for one in files:
        added = _growth(_LEFT_OUT, one)
        if added > 0 and one.before:
            yield f"{one.path}: {counted(added, 'setting')} more by which tests are left out or their failure is hidden"


def _emptied(files: Iterable[Changed]) -> Iterator[str]:
    for one in files:
        added = _growth(_EMPTY, one)
        if added > 0 and one.before:
            yield f"{one.path}: {counted(added, 'assertion')} more that always holds"


def _cut_short(files: Iterable[Changed]) -> Iterator[str]:
    for one in files:
        added = _returning_early(one.after) - _returning_early(one.before)
        if added > 0:
            yield f"{one.path}: {counted(added, 'test')} more that ends by `return` before its assertions"


def _returning_early(text: str) -> int:
    """Count the tests, in Python, that return in any case while assertions are still to come."""
    count, margin, body, has_returned = 0, "", "", False
    for line in filter(str.strip, text.splitlines()):
        found = _INDENT.match(line)
        indent = "" if found is None else found[0]
        if test := _PYTHON_TEST.match(line):
            margin, body, has_returned = test[1], "", False
        elif len(indent) > len(margin):
            body = body or indent
            if has_returned and _ASSERTION.search(line):
                count, has_returned = count + 1, False
            elif indent == body and line.split(None, 1)[0] == "return":
                has_returned = True
        else:
            body, has_returned = "", False
    return count


def _lower(files: Iterable[Changed]) -> Iterator[str]:
    """Yield the thresholds that were lowered or taken away."""
    for one in files:
        after = dict(_THRESHOLD.findall(one.after))
        for name, figure in dict(_THRESHOLD.findall(one.before)).items():
            if name not in after and one.after and _MUST_STAY.search(name):
                yield f"{one.path}: {name} {figure} was taken away"
            elif name in after and float(after[name]) < float(figure):
                yield f"{one.path}: {name} was lowered from {figure} to {after[name]}"


def _looser(files: Iterable[Changed]) -> Iterator[str]:
    """Yield the bounds and tolerances of assertions that let more through than before."""
    for one in files:
        after = _bounds(one.after)
        for place, then in _bounds(one.before).items():
            words, sign = place
            is_looser = _is_upper(sign)
            now = after.get(place)
            if now is not None and (now > then if is_looser else now < then):
                yield f"{one.path}: `{words.strip()} {sign.strip()} {then:g}` is {now:g} now"
        yield from _looser_constants(one)


def _looser_constants(one: Changed) -> Iterator[str]:
    """Yield the named figures that assertions compare with, and that let more through than before."""
    before, after = _constants(one.before), _constants(one.after)
    uses = {name: _is_upper(sign) for _, sign, name in _NAMED_BOUND.findall(one.after)}
    uses |= {name: _is_upper(sign) for _, sign, _, name in _CALLED_NAMED.findall(one.after)}
    uses |= {name: True for _, name in _NAMED_TOLERANCE.findall(one.after)}
    for name in sorted(uses.keys() & before.keys() & after.keys()):
        then, now = before[name], after[name]
        if now > then if uses[name] else now < then:
            yield f"{one.path}: `{name} = {then:g}`, which assertions compare with, is {now:g} now"


def _constants(text: str) -> dict[str, float]:
    """Return the figures that have a name, and are given it once."""
    found = [(name, float(figure)) for name, figure in _CONSTANT.findall(text)]
    names = [name for name, _ in found]
    return {name: figure for name, figure in found if names.count(name) == 1}


def _is_upper(sign: str) -> bool:
    return not sign.lower().startswith((">", "greater"))


def _bounds(text: str) -> dict[tuple[str, str], float]:
    """Return the bounds that stand once in a text, by the words before them; two alike cannot be told apart."""
    found: dict[tuple[str, str], list[float]] = {}
    for words, sign, figure in _BOUND.findall(text):
        found.setdefault((words, sign), []).append(float(figure))
    for start, sign, words, figure in _CALLED_BOUND.findall(text):
        found.setdefault((f"{start}{sign}{words}", sign), []).append(float(figure))
    for line in text.splitlines():
        for match in _TOLERANCE.finditer(line):
            found.setdefault((line[: match.start()], f"{match[1]} ="), []).append(float(match[2]))
    return {place: figures[0] for place, figures in found.items() if len(figures) == 1}


def _growth(pattern: re.Pattern[str], one: Changed) -> int:
    return _count(pattern, one.after) - _count(pattern, one.before)


def _count(pattern: re.Pattern[str], text: str) -> int:
    return sum(1 for _ in pattern.finditer(text))
