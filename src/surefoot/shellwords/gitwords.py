"""`git` commands without their global options, and the ways in which git runs other programs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field

from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.shellwords.expansion import Term

_VALUED = {"-C", "--git-dir", "--work-tree", "--namespace", "--super-prefix", "--attr-source"}
_HARMLESS_SETTINGS = regex(
    r"(?:user|color|advice|commit|diff\.(?:algorithm|renames|noprefix|mnemonicprefix)|core\.(?:autocrlf|quotepath|abbrev|"
    r"filemode|ignorecase|longpaths|safecrlf|eol|commentchar|fsync|compression|logallrefupdates|bare|sparsecheckout)|"
    r"init|log|merge\.(?:conflictstyle|ff|renamelimit|log)|pull|push\.default|rebase\.|status|tag|gc|fetch\.|pack|index|"
    r"rerere|safe\.directory|feature|column|branch|http\.(?:postbuffer|version|lowspeed)|checkout|clean|stash|format|blame|"
    r"submodule\.recurse|transfer|versionsort|grep|i18n|maintenance|am|apply|notes)",
    re.IGNORECASE,
)
_RUN_SETTINGS = regex(
    r"(?:alias\..*|core\.(?:pager|editor|sshcommand|askpass|fsmonitor)|sequence\.editor|pager\..*|diff\.external|"
    r"gpg\.program|credential\..*helper|.*\.(?:cmd|command|program|driver|textconv|clean|smudge|process))",
    re.IGNORECASE,
)
_COMMANDS = frozenset(
    """add am annotate apply archive bisect blame branch bugreport bundle cat-file check-attr check-ignore
    check-mailmap checkout checkout-index check-ref-format cherry cherry-pick citool clean clone column commit
    commit-graph commit-tree config count-objects credential credential-cache credential-store daemon describe
    diagnose diff diff-files diff-index difftool diff-tree fast-export fast-import fetch fetch-pack
    filter-branch filter-repo fmt-merge-msg for-each-ref for-each-repo format-patch fsck fsck-objects gc
    get-tar-commit-id grep gui hash-object help hook http-backend http-push imap-send index-pack init init-db
    instaweb interpret-trailers lfs log ls-files ls-remote ls-tree mailinfo mailsplit maintenance merge
    merge-base merge-file merge-index merge-one-file mergetool merge-tree mktag mktree multi-pack-index mv
    name-rev notes p4 pack-objects pack-redundant pack-refs patch-id prune prune-packed pull push quiltimport
    range-diff read-tree rebase receive-pack reflog refs remote repack replace replay request-pull rerere reset
    restore revert rev-list rev-parse rm send-email send-pack shell shortlog show show-branch show-index
    show-ref sparse-checkout stage stash status stripspace submodule subtree svn switch symbolic-ref tag
    unpack-file unpack-objects update-index update-ref update-server-info upload-archive upload-pack var
    verify-commit verify-pack verify-tag version whatchanged worktree write-tree --version --help -v -h
    --html-path --man-path --info-path --exec-path""".split()  # noqa: SIM905 - a table of words reads best as words
)
_RUNNING = {
    "rebase": ("--exec", "-x"),
    "filter-branch": ("--tree-filter", "--index-filter", "--msg-filter", "--env-filter", "--parent-filter"),
    "difftool": ("-x", "--extcmd"),
}
"""Options of commands that give a text to a shell."""


@record(frozen=False, kw_only=False)
class GitMeaning:
    """What a git command says."""

    words: list[Term]
    """Without the options in front of the command."""
    scripts: list[Term] = field(default_factory=list[Term])
    """What it gives to a shell."""
    commands: list[Sequence[Term]] = field(default_factory=list[Sequence[Term]])
    """Other programs it runs."""
    unclear: str | None = None
    """What cannot be told."""
    strange: str | None = None
    """What is not known to be harmless: a setting by which git runs a program."""


def git_meaning(terms: Sequence[Term]) -> GitMeaning:
    """Return what a git command says."""
    at, found = 1, GitMeaning([])
    while at < len(terms) and terms[at].text.startswith("-") and terms[at].text not in _COMMANDS:
        text = terms[at].text
        if text in {"-c", "--config-env"} or (text.startswith("-c") and "=" in text):
            setting = (
                text[2:] if text.startswith("-c") and len(text) > 2 else "".join(t.text for t in terms[at + 1 : at + 2])
            )
            _judge_setting(found, setting)
            at += 1 + (text in {"-c", "--config-env"})
        elif text.startswith(("--exec-path=", "--config-env=")):
            found.unclear = f"git is told to run other programs by {text.partition('=')[0]}"
            at += 1
        else:
            at += 2 if text in _VALUED else 1
    found.words = [terms[0], *terms[at:]]
    if at < len(terms):
        _judge_command(found, terms[at:])
    return found


def _judge_setting(found: GitMeaning, setting: str) -> None:
    name, _, value = setting.partition("=")
    if value in {"", "/dev/null", "false", "true", "cat", "less", ":"} or _HARMLESS_SETTINGS.match(name):
        return
    if _RUN_SETTINGS.fullmatch(name) and not name.lower().startswith("alias.") and "credential" not in name:
        found.scripts.append(Term(value))
        found.strange = f"the setting {name} has git run {value!r}"
    elif name.lower().startswith("alias.") and value.startswith("!"):
        found.scripts.append(Term(value[1:]))
    else:
        found.unclear = f"the setting {name} may have git run something else"


def _judge_command(found: GitMeaning, terms: Sequence[Term]) -> None:
    name = terms[0]
    if not name.is_known or name.is_pattern:
        found.unclear = f"which command of git {name.text} stands for"
        return
    if name.text not in _COMMANDS:
        found.unclear = f"git has no command {name.text!r} of its own; it may be an alias"
        return
    texts = [term.text for term in terms]
    if any(text.startswith("ext::") or "=ext::" in text for text in texts):
        found.unclear = "an address that begins with ext:: is a command"
    if any(
        text.startswith(("--upload-pack", "--receive-pack", "--exec=", "--remote=ext", "--open-files-in-pager"))
        for text in texts
    ):
        found.unclear = "git is told which program to run"
    if name.text in {"clone", "ls-remote"} and "-u" in texts:
        found.unclear = "git is told which program to run"
    if name.text == "clone":
        for at, text in enumerate(texts):
            if text in {"-c", "--config"}:
                _judge_setting(found, "".join(texts[at + 1 : at + 2]))
    _find_running(found, name.text, terms)


def _find_running(found: GitMeaning, name: str, terms: Sequence[Term]) -> None:
    texts = [term.text for term in terms]
    if name == "bisect" and texts[1:2] == ["run"] and len(terms) > 2:
        found.commands.append(terms[2:])
    for at, term in enumerate(terms):
        option, has_value, value = term.text.partition("=")
        if option in _RUNNING.get(name, ()):
            found.scripts.append(Term(value, term.is_known) if has_value else terms[min(at + 1, len(terms) - 1)])
    if name == "submodule" and "foreach" in texts:
        rest = terms[texts.index("foreach") + 1 :]
        rest = [term for at, term in enumerate(rest) if at or not term.text.startswith("-")]
        found.scripts.append(Term(" ".join(term.text for term in rest), all(term.is_known for term in rest)))
