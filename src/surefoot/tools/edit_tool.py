"""The tool `edit`: exact changes of files, all of a call or none.

All changes are computed in memory first; then the disk is written file by file, and taken back where it fails half-way.
A file is never changed through a link, outside of what the step may write, or after it changed since it was read; none
is written whole, moved or deleted unread.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from itertools import islice

from surefoot.core.globs import matches
from surefoot.core.record import record
from surefoot.core.short_text import counted
from surefoot.core.tool_table import EditableFiles
from surefoot.masking import REPLACEMENT
from surefoot.tools.argument_schema import flag, listed, record_of, text, texts
from surefoot.tools.arguments import Arguments
from surefoot.tools.file_listing import PATH
from surefoot.tools.lane_files import FILE_BYTES_MAX, LaneFiles, Missing, Refused, clean, digest_of_content, text_of
from surefoot.tools.masks import copied_from
from surefoot.tools.pagination import head_and_tail, lines_of, shortened
from surefoot.tools.tool_context import Tool, ToolContext, ToolResult, failed, on_thread

_DIFF_BYTES_MAX = 6_000
_NEAR_LINES_MAX = 12
_COMPARED_MAX = 4_000
"""So many places of a file are compared with a text that is nowhere, then no more."""
_PLACES_MAX = 10


@record(kw_only=False)
class _Stand:
    """What a file is, or shall be."""

    content: bytes | None
    """None: there is no such file."""
    mode: int | None = None
    """Its permission bits; None: those of any new file."""


@record(frozen=False, kw_only=False)
class _Draft:
    """Changes that are worked out and not made yet."""

    files: LaneFiles
    context: ToolContext
    state: EditableFiles
    before: dict[str, _Stand] = field(default_factory=dict[str, _Stand])
    """What stands on the disk, for each file that is touched."""
    after: dict[str, _Stand] = field(default_factory=dict[str, _Stand])
    """What shall stand there."""
    unread: set[str] = field(default_factory=set[str])
    """Those of them that the model has not seen."""
    remarks: list[str] = field(default_factory=list[str])
    """What was done in another way than the call says, because it is certain what it means."""

    def take(self, path: str, *, is_proof: bool = False) -> str:
        """Make a path ready to be changed; return how it is written everywhere.

        Args:
            path: As the call has it.
            is_proof: Whether the change itself shows that the model knows what it changes.

        Raises:
            Refused: it may not be changed.
        """
        path = clean(path)
        if path not in self.after:
            self._look(path)
        if path in self.unread and not is_proof:
            raise Refused(f"{path} has not been read; read it first, then change it")
        return path

    def _look(self, path: str) -> None:
        """Look at a path for the first time."""
        if path == ".":
            raise Refused("the root itself cannot be changed; name a file")
        whole = f"{self.context.folder}/{path}" if self.context.folder else path
        if not matches(whole, self.state.writes):
            allowed = ", ".join(self.state.writes) or "nothing"
            raise Refused(
                f"{whole} may not be changed in this step; it may change: {allowed}. If it has to be changed all the "
                "same, use `propose` to say so"
            )
        if matches(whole, self.state.denied):
            raise Refused(f"{whole} may not be changed in this run: see what holds for it, below the goal")
        held = self.files.look(path)
        known = self.state.seen.get(self.context.mask(path))
        if held is not None and not known:
            self.unread.add(path)
        elif held is not None and known != held.digest:
            raise Refused(f"{path} has changed since it was read; read it again, then change what stands there now")
        self.before[path] = _Stand(None) if held is None else _Stand(held.content, held.mode)
        self.after[path] = self.before[path]

    def there(self, path: str, *, is_proof: bool = False) -> tuple[str, bytes]:
        """Return path and content of a file that has to be there; as `take` otherwise.

        Raises:
            Refused: it is not, or may not be changed.
        """
        cure = "look with `list`, or write it with `create`"
        if clean(path) not in self.after and self.files.look(path) is None:
            raise Missing(clean(path), cure)
        path = self.take(path, is_proof=is_proof)
        content = self.after[path].content
        if content is None:
            raise Missing(path, cure)
        return path, content

    def put(self, path: str, content: bytes | None) -> None:
        """Have a file stand so."""
        if content is not None and len(content) > FILE_BYTES_MAX:
            raise Refused(f"{path} would become too big ({len(content)} bytes; at most {FILE_BYTES_MAX})")
        self.after[path] = _Stand(content, None if content is None else self.after[path].mode)

    @property
    def changed(self) -> list[str]:
        """The paths that will be different, in the order in which they are made so: what is removed comes first."""
        paths = [path for path in self.after if self.after[path] != self.before[path]]
        return sorted(paths, key=lambda path: (self.after[path].content is not None, path))


def edit_files(arguments: Arguments, context: ToolContext) -> ToolResult:
    """Change files as the call says, or leave all as it is."""
    assert isinstance(context.state, EditableFiles)
    draft = _Draft(LaneFiles(context.root), context, context.state)
    _work_out(draft, arguments)
    if not draft.after:
        raise Refused("the call names no change; give `edits`, `create`, `move` or `delete`")
    changed = draft.changed
    saw = {
        path: "" if stand.content is None else digest_of_content(stand.content)
        for path, stand in draft.after.items()
        if path not in draft.unread
    }
    if not changed:
        return ToolResult(ok=True, text="nothing is different: the files already stand so", saw=saw)
    problem = _carry_out(draft, changed)
    if problem:
        return failed(f"nothing was changed: {problem}")
    diff = "".join(_diff(path, draft.before[path], draft.after[path]) for path in sorted(changed))
    text = "\n".join([*draft.remarks, f"changed {counted(len(changed), 'file')}", diff]).rstrip("\n")
    shown = head_and_tail(text, _DIFF_BYTES_MAX)
    prefix = f"{context.folder}/" if context.folder else ""
    return ToolResult(
        ok=True,
        text=shown,
        whole=None if shown == text else text,
        saw=saw,
        changed=tuple(sorted(f"{prefix}{path}" for path in changed)),
    )


def _work_out(draft: _Draft, arguments: Arguments) -> None:
    created = {clean(one.text("path")) for one in arguments.objects("create")}
    deleted = {clean(path) for path in arguments.texts("delete")}
    for path in sorted(created & deleted):
        raise Refused(f"{path} is both to be created and to be deleted; say one of them")
    edits = arguments.objects("edits")
    for number, one in enumerate(edits, 1):
        _replace(draft, one, f"edit {number} of {len(edits)}, " if len(edits) > 1 else "")
    for one in arguments.objects("move"):
        path, content = draft.there(one.text("path"))
        to = draft.take(one.text("to"))
        if to == path:
            raise Refused(f"{path} is to be moved to itself; name another place")
        if draft.after[to].content is not None:
            text = f"{path} cannot be moved to {to}: there is a file already; delete it in the same call, or rename"
            raise Refused(text)
        draft.after[to] = _Stand(content, draft.after[path].mode)
        draft.put(path, None)
    for path in arguments.texts("delete"):
        draft.put(draft.there(path)[0], None)
    for one in arguments.objects("create"):
        draft.put(draft.take(one.text("path")), one.text("content").encode("utf-8", "replace"))
    # Refuse a file that would have to be a folder, too.
    standing = {path for path, stand in draft.after.items() if stand.content is not None}
    for path in standing:
        above = path.rpartition("/")[0]
        while above:
            if above in standing:
                raise Refused(f"{above} would be a file and, for {path}, a folder; take another name")
            above = above.rpartition("/")[0]
    _judge_masks(draft)


def _judge_masks(draft: _Draft) -> None:
    """Refuse to write a mask where a secret was meant."""
    moved = {stand.content for stand in draft.before.values()}
    for path, stand in draft.after.items():
        if stand.content is None or stand.content in moved:
            continue
        text, before = stand.content.decode("utf-8", "replace"), draft.before[path].content or b""
        seen = [name for name, digest in draft.state.seen.items() if digest]
        secret = copied_from(text, before.decode("utf-8", "replace"), seen, draft.files, draft.context.mask)
        if secret:
            raise Refused(
                f"{path}: the change would write {REPLACEMENT}, which stands for a secret in {secret} that you are not "
                "shown; change only what stands beside the secret, with `edits`, or read it from a variable",
                is_misuse=False,
            )


# --- replacing


_SECRET_IN_OLD = (
    f"{REPLACEMENT} in `old` stands for a secret that you are not shown; take only text that stands beside the secret"
)


def _replace(draft: _Draft, one: Arguments, which: str) -> None:
    # A text that stands in the file once shows what the model has seen, wherever it saw it.
    path, content = draft.there(one.text("path"), is_proof=True)
    text = text_of(path, content)
    old, new = one.text("old"), one.text("new")
    windows = text.count("\r\n")
    if windows and (windows == text.count("\n") or old not in text):
        # Models are not shown the line ends of Windows, which this file has.
        old, new = (re.sub(r"(?<!\r)\n", "\r\n", part) for part in (old, new))
    if old == new:
        raise Refused(f"{which}{path}: `old` and `new` are the same; leave it out, or say what shall be different")
    count = text.count(old)
    if count == 0 and (found := _but_for_spaces(text, old, new)) is not None:
        old, new, count = *found, 1
        draft.remarks.append(
            f"{which}{path}: `old` stands there once, but for spaces: that was replaced, and `new` indented like it"
        )
    if count == 0:
        is_masked = REPLACEMENT in old and old in draft.context.mask(text)
        why = _SECRET_IN_OLD if is_masked else f"`old` does not stand in the file{_nearest(text, old)}"
        raise Refused(f"{which}{path}: {why}", is_misuse=False)
    if count > 1 and not one.flag("all"):
        raise Refused(
            f"{which}{path}: `old` stands in {count} places, beginning in lines {_lines_of(text, old, count)}; take "
            "more of the lines round the one you mean, or set `all`",
            is_misuse=False,
        )
    if count > 1:
        draft.take(path)
    draft.put(path, text.replace(old, new).encode("utf-8", "replace"))


def _lines_of(text: str, old: str, count: int) -> str:
    """Return the lines in which a text begins that stands there so often."""
    found = islice(re.finditer(re.escape(old), text), _PLACES_MAX)
    places = ", ".join(str(text.count("\n", 0, match.start()) + 1) for match in found)
    return f"{places} and more" if count > _PLACES_MAX else places


def _but_for_spaces(text: str, old: str, new: str) -> tuple[str, str] | None:
    """Return what stands there and what to put there, where `old` has the same lines with other spaces once.

    None: it is not certain what is meant: several places, or lines that are indented differently from each other.
    """
    lines, wanted = text.split("\n"), old.strip("\n").split("\n")
    places = _alike(lines, wanted)
    if len(places) != 1 or not any(line.strip() for line in wanted):
        return None
    there = lines[places[0] : places[0] + len(wanted)]
    shifts = {(_indent(one), _indent(other)) for one, other in zip(there, wanted, strict=True) if one.strip()}
    put = _shifted(new.strip("\n").split("\n"), shifts)
    found = "\n".join(there)
    return (found, "\n".join(put)) if put is not None and text.count(found) == 1 else None


def _alike(lines: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Return where these lines stand one after the other, but for spaces at their ends."""
    stripped, aim = [line.strip() for line in lines], [line.strip() for line in wanted]
    return [at for at in range(len(lines) - len(aim) + 1) if stripped[at : at + len(aim)] == aim]


def _shifted(put: list[str], shifts: set[tuple[str, str]]) -> list[str] | None:
    """Return lines indented as the file is, by pairs of how it is indented and how `old` was; None: they differ."""
    added = {one.removesuffix(other) if one.endswith(other) else None for one, other in shifts}
    dropped = {other.removesuffix(one) if other.endswith(one) else None for one, other in shifts}
    if len(added) == 1 and (more := added.pop()) is not None:
        return [f"{more}{line}" if line.strip() else line for line in put]
    if len(dropped) == 1 and (less := dropped.pop()) and all(x.startswith(less) for x in put if x.strip()):
        return [line.removeprefix(less) for line in put]
    return None


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _nearest(text: str, old: str) -> str:
    """Say where something like the text stands."""
    lines, wanted = lines_of(text), lines_of(old) or [""]
    stripped = [line.strip() for line in lines]
    aim = [line.strip() for line in wanted]
    if places := _alike(lines, wanted):
        return f"; it does but for spaces at the ends of lines:\n{_shown(lines, places[0], len(aim))}"
    best, ratio = -1, 0.6
    key = max(aim, key=len)[:200]
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(key)
    for at, line in enumerate(stripped[:_COMPARED_MAX]):
        matcher.set_seq1(line[:200])
        if matcher.real_quick_ratio() > ratio and matcher.quick_ratio() > ratio and matcher.ratio() > ratio:
            best, ratio = at, matcher.ratio()
    if best < 0:
        return ", nor does anything like it; read the file again"
    start = max(0, best - aim.index(max(aim, key=len)))
    return f"; the nearest lines are:\n{_shown(lines, start, len(aim))}\nTake them exactly as they stand"


def _shown(lines: Sequence[str], at: int, count: int) -> str:
    chosen = lines[at : at + min(count, _NEAR_LINES_MAX)]
    return "\n".join(f"{at + 1 + number}  {shortened(line)}" for number, line in enumerate(chosen))


# --- carrying out and telling


def _carry_out(draft: _Draft, changed: Sequence[str]) -> str:
    """Make the files stand as they shall; where that fails take it back, and say why."""
    done: list[str] = []
    try:
        for path in changed:
            done.append(path)
            _put(draft.files, path, draft.after[path])
    except (OSError, Refused) as error:
        for path in reversed(done):
            with suppress(OSError, Refused):
                _put(draft.files, path, draft.before[path])
        said = error.text if isinstance(error, Refused) else f"{done[-1]}: {error.strerror}"
        return f"{said}; what had been changed was put back"
    return ""


def _put(files: LaneFiles, path: str, stand: _Stand) -> None:
    if stand.content is None:
        files.remove(path)
    else:
        files.write(path, stand.content, stand.mode)


def _diff(path: str, before: _Stand, after: _Stand) -> str:
    if before.content is None or after.content is None:
        word, content = ("created", after.content) if before.content is None else ("deleted", before.content)
        lines = len(lines_of((content or b"").decode("utf-8", "replace")))
        return f"{word} {path} ({counted(lines, 'line')})\n"
    try:
        ones, others = (lines_of(stand.decode()) for stand in (before.content, after.content))
    except UnicodeDecodeError:
        return f"changed {path} ({len(before.content)} to {len(after.content)} bytes)\n"
    hunks = list(difflib.unified_diff(ones, others, n=1, lineterm=""))[2:]
    return "".join(f"{line}\n" for line in (f"--- {path}", *map(shortened, hunks)))


def _summary(arguments: Arguments) -> str:
    edits = [one.text("path") for one in arguments.objects("edits")]
    said = [f"{path} ({counted(edits.count(path), 'replacement')})" for path in dict.fromkeys(edits)]
    said += (f"{one.text('path')} (whole)" for one in arguments.objects("create"))
    said += (f"{one.text('path')} -> {one.text('to')}" for one in arguments.objects("move"))
    said += (f"{path} (deleted)" for path in arguments.texts("delete"))
    return ", ".join(said)


def _from_basic(arguments: Mapping[str, object]) -> Mapping[str, object]:
    """Return one flat replacement, or one flat file, as lists of them."""
    keys = set(arguments)
    if keys == {"path", "old", "new"} and arguments["old"] == "":
        return {"create": [{"path": arguments["path"], "content": arguments["new"]}]}
    if {"path", "old", "new"} <= keys <= {"path", "old", "new", "all"}:
        return {"edits": [dict(arguments)]}
    return {"create": [dict(arguments)]} if keys == {"path", "content"} else arguments


_EDIT = record_of(
    {
        "path": PATH,
        "old": text("The text to be replaced, exactly as it stands, with its indentation, without line numbers."),
        "new": text("What stands there afterwards; empty: nothing.", may_be_empty=True),
        "all": flag("Replace it wherever it stands; else it has to stand in one place only."),
    },
    "path",
    "old",
    "new",
)
_CREATE = record_of({"path": PATH, "content": text("All of the file.", may_be_empty=True)}, "path", "content")
TOOL = Tool(
    takes_names=True,
    text=(
        "Change files: exact replacements, whole files, moves, deletions; all of it or, if anything is wrong, "
        "nothing. `old` has to stand in the file exactly once: take enough lines round it, or set `all` in a file that "
        "you have read. Gives what changed as a diff."
    ),
    schema=record_of(
        {
            "edits": listed(_EDIT, "Exact replacements, done one after the other."),
            "create": listed(_CREATE, "Files to be written whole: new ones, or ones you have read."),
            "move": listed(record_of({"path": PATH, "to": text("Where to.")}, "path", "to"), "Files to be moved."),
            "delete": texts("Files to be deleted."),
        }
    ),
    perform=on_thread(edit_files),
    summary=_summary,
    basic=(
        (
            "Replace a text in a file. `old` has to stand there once, exactly so, without line numbers; `new` stands "
            "there afterwards. With an empty `old` the whole file is `new`."
        ),
        record_of(
            {
                "path": PATH,
                "old": text("The text to be replaced.", may_be_empty=True),
                "new": text("What stands there afterwards.", may_be_empty=True),
            },
            "path",
            "old",
            "new",
        ),
    ),
    from_basic=_from_basic,
)
