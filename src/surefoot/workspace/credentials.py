"""The git settings that commands in lanes get: those known to hold no credential; and files that may hold one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from surefoot.workspace.folder_files import write_file
from surefoot.workspace.git import user_git
from surefoot.workspace.source import config_text, has_login

HARMLESS: Mapping[str, str] = {
    "advice": "*",
    "am": "keepcr threeway",
    "apply": "ignorewhitespace whitespace",
    "author": "email name",
    "blame": "blankboundary coloring date showemail showroot",
    "branch": "autosetupmerge autosetuprebase sort",
    "checkout": "defaultremote guess thresholdforparallelism workers",
    "clean": "requireforce",
    "color": "*",
    "column": "*",
    "commit": "cleanup status verbose",
    "committer": "email name",
    "core": """abbrev attributesfile autocrlf bigfilethreshold checkroundtripencoding checkstat commentchar
        commentstring compression deltabasecachelimit eol excludesfile filemode fscache ignorecase ignorestat
        logallrefupdates
        longpaths loosecompression packedgitlimit packedgitwindowsize precomposeunicode preloadindex protecthfs
        protectntfs quotepath safecrlf sharedrepository symlinks trustctime untrackedcache warnambiguousrefs
        whitespace""",
    "diff": """algorithm autorefreshindex colormoved colormovedws context dirstat ignoresubmodules indentheuristic
        interhunkcontext mnemonicprefix noprefix relative renamelimit renames statgraphwidth submodule
        suppressblankempty wordregex wserrorhighlight""",
    "feature": "experimental manyfiles",
    "fetch": "fsckobjects negotiationalgorithm output parallel prune prunetags recursesubmodules writecommitgraph",
    "format": "pretty",
    "gc": "*",
    "grep": "column fullname linenumber patterntype threads",
    "help": "autocorrect",
    "http": """followredirects lowspeedlimit lowspeedtime maxrequests postbuffer proxy schannelcheckrevoke sslbackend
        sslcainfo sslcapath sslverify sslversion version""",
    "i18n": "commitencoding logoutputencoding",
    "index": "recordendofindexentries recordoffsettable sparse threads version",
    "init": "defaultbranch",
    "interactive": "singlekey",
    "log": "abbrevcommit date decorate follow mailmap showroot",
    "merge": "autostash conflictstyle directoryrenames ff log renamelimit renames renormalize stat suppressdest",
    "pack": "*",
    "protocol": "version",
    "pull": "ff octopus rebase twohead",
    "push": "autosetupremote default followtags recursesubmodules useforceifincludes",
    "rebase": "abbreviatecommands autosquash autostash missingcommitscheck rebasemerges stat updaterefs",
    "rerere": "autoupdate enabled",
    "safe": "barerepository directory",
    "stash": "showincludeuntracked showpatch showstat",
    "status": "*",
    "submodule": "fetchjobs propagatebranches recurse",
    "tag": "sort",
    "transfer": "fsckobjects",
    "user": "email name useconfigonly",
}
"""Settings that hold no credential, by section, in lower case; `*`: all of the section."""
_WITHIN: Mapping[str, str] = {
    "color": "*",
    "diff": "algorithm binary wordregex xfuncname",
    "filter.lfs": "clean process required smudge",
    "http": HARMLESS["http"],
    "url": "insteadof pushinsteadof",
}
"""The same for settings with a name of one's own between section and key: `url.git@host:.insteadOf`."""
_WITH_LOGINS = ("config", "config.worktree", "logs", "FETCH_HEAD", "annex/creds")
"""What of a repository may hold an address with a password, or another credential."""
_INCLUDED_MAX = 100
"""So many included files are looked into for further ones."""


def write_git_configuration(path: Path) -> None:
    """Write a copy of the user's global git settings for commands in lanes, without whatever could be a credential.

    Only settings that are known to hold none are copied, and of those no value with a login or a key in it.
    """
    out = user_git(Path("/")).attempt("config", "--global", "--list", "-z", "--includes").out
    entries = (os.fsdecode(entry).partition("\n") for entry in out.split(b"\0") if entry)
    settings = ((key, value if has_value else "true") for key, has_value, value in entries)
    write_file(path, config_text(entry for entry in settings if is_harmless(*entry)))


def is_harmless(key: str, value: str) -> bool:
    """Tell whether a setting is known to hold no credential; git gives its key in lower case."""
    section, _, name = key.rpartition(".")
    section, _, own = section.partition(".")
    known = (_WITHIN.get(f"{section}.{own}") or _WITHIN.get(section, "")) if own else HARMLESS.get(section, "")
    return (known == "*" or name in known.split()) and not has_login(key) and not has_login(value)


def settings_files() -> tuple[Path, ...]:
    """Return the files of the user's global git settings, with all that they include, under whatever condition."""
    home = Path(os.environ.get("HOME") or "/")
    config = os.environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    found = [home / ".gitconfig", Path(config) / "git/config"]
    if named := os.environ.get("GIT_CONFIG_GLOBAL"):
        found = [Path(named)]
    for file in found:  # which grows meanwhile
        if file.is_file() and len(found) < _INCLUDED_MAX:
            found += [one for one in _included(file, home) if one not in found]
    return tuple(found)


def _included(file: Path, home: Path) -> Iterator[Path]:
    listed = user_git(Path("/")).attempt("config", "--file", str(file), "--list", "-z", "--no-includes").out
    for entry in os.fsdecode(listed).split("\0"):
        key, _, value = entry.partition("\n")
        if value and key.startswith(("include.", "includeif.")) and key.endswith(".path"):
            place = f"{home}/{value[2:]}" if value.startswith("~/") else value
            yield Path(os.path.normpath(file.parent / place))


def login_files(git_dir: Path) -> tuple[Path, ...]:
    """Return the files of a user's repository that may hold addresses with passwords, whether they are there or not.

    Those of its worktrees and its submodules are among them.
    """
    own = (git_dir, *(git_dir / "worktrees").glob("*"), *_submodules_in(git_dir / "modules"))
    return tuple(folder / name for folder in own for name in _WITH_LOGINS)


def _submodules_in(folder: Path) -> Iterator[Path]:
    """Find the repositories below a folder, those within others included."""
    for path, folders, files in os.walk(folder):
        if "HEAD" in files and "objects" in folders:
            yield Path(path)
            folders[:] = [name for name in folders if name in {"modules", "worktrees"}]
