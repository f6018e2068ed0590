"""The judgement whether a command is known to be harmless.

Program, subcommand, options and operands all have to be in `surefoot.core.harmless_table`; anything unknown gives a
reason that a person is shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from surefoot.core.command_grammar import OUTSIDE, SCRATCH, find, quoted, table, taken_apart
from surefoot.core.harmless_table import (
    CARRYING,
    CHOOSING_SOURCES,
    CODE_PATHS,
    HARMLESS_TARGETS,
    NAMES_OF_SECRETS,
    NAMING_PROGRAMS,
    OPTIONS_OF,
    REACHING_WORDS,
    SQL_FUNCTIONS,
    STRANGE_DUTIES,
    TOOL_FOLDERS,
)
from surefoot.core.policy_types import CommandFacts
from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.core.shell_names import RUNS_SCRIPTS

_SYSTEM_FOLDER = regex(r"/(?:usr/)?(?:local/)?s?bin/")
_GIT_FILES = regex(r"(?:\./|.*/)?\.git(?:/|$)", re.DOTALL)
_PROGRAM_FOLDERS = regex(r"/(?:usr/|opt/|snap/|.*/)?(?:local/)?s?bin/[^/]+$", re.DOTALL)
_UNKNOWN_TEXT = regex(r"\$\(|`|\$input|<\(")
_TELLING_NOTHING = regex(r"\$\((?:git (?:describe|rev-parse)|uname|date|arch|nproc|dpkg)\b[^|;&`$()<>]*\)")
_NAME = regex(r"\$\{?([A-Za-z_]\w*)")
_SECRET = regex(rf"\$\{{?\w*(?:{'|'.join(NAMES_OF_SECRETS)})", re.IGNORECASE)
_CREDENTIALS_OF_CLOUDS = regex(r"169\.254\.|metadata\.google|\[?fd00:ec2:", re.IGNORECASE)
_CREDENTIAL = regex(r"(?:Authorization|PRIVATE-TOKEN|X-Api-Key): ?(?:\w+ )?\$\{?\w+\}?", re.IGNORECASE)
_MAY_BE_OPTIONS = regex(
    r"\$\{?(?:[@*0-9]|\w*(?:ARG|OPT|FLAG|PARAM|EXTRA|CMD|DATA|BODY|PAYLOAD)\w*)(?:\[.\])?\}?", re.IGNORECASE
)
_EVALUATED = regex(r"\w\[[^\]]{0,200}(?:\$\(|`)")
"""An index that runs a command: arithmetic evaluates it, also where it is the value of a variable."""
_SCHEME = regex(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_SETTING = regex(r"([A-Za-z_.][A-Za-z0-9_.]*)[:+?]?=(.*)", re.DOTALL)
_STATEMENT = regex(
    r"\s*(?:(?:select|show|describe|desc|explain(?!\s+analy[sz]e)|pragma\s+table_info)\b[^;\\]*+;?\s*+"
    r"|\\(?:d\w*|l|z|conninfo|timing)\+?(?:\s+[\w.*]+)?|\.(?:schema|tables|databases|indexes)(?:\s+[\w.]+)?)",
    re.IGNORECASE,
)
_CHANGING = regex(
    r"\b(?:into|insert|update|delete|drop|alter|truncate|create|grant|copy|call|do|load)\b", re.IGNORECASE
)
_CALLED = regex(r"\b(\w++)\s*+\(")
_SCRIPT_NAME = regex(r"[\w.-]+\.(?:py|js|mjs|cjs|ts|rb)")
_PROJECT_MODULE = regex(
    r"(?:app|src|main|scripts|tools|tests|project|bench(?:marks?)?|examples?|server|cli|manage|lib|core|backend|api"
    r"|my_\w+|my(?:app|pkg|project|module|package))(?:\.\w+)*"
)
"""How modules of a project are often called, as `python -m` names them."""
_SHELLS = {"sh", "bash", "/bin/sh", "/bin/bash", "/usr/bin/bash", "/usr/bin/sh"}
_MAKERS = {"cp", "mv", "ln", "install", "tee", "curl", "wget", "dd", "rsync", "base64", "xxd", "openssl"}
_RUNNERS = RUNS_SCRIPTS | {"python", "python3", "node", "ruby", "perl", "php"}


@record
class Beside:
    """What stands beside a command in its text, as far as it matters for what is known of the command."""

    functions: frozenset[str]
    """Functions the text defines: they are known."""
    made: frozenset[str]
    """Files the text itself makes: what they hold is not known."""
    read: frozenset[str]
    """Variables that hold what the text has read somewhere."""
    told: frozenset[str]
    """Variables whose values stand in the text."""


def beside(facts: CommandFacts) -> Beside:
    """Return what stands in the text beside each of its commands."""
    read = {name for name, _, value in (one.partition("=") for one in facts.sets) if _UNKNOWN_TEXT.search(_told(value))}
    read |= {word for one in facts.commands if one[0] in {"read", "mapfile", "readarray"} for word in one[1:]}
    told = {one.partition("=")[0] for one in facts.sets} - read
    return Beside(
        functions=frozenset(facts.functions), made=_made_in(facts), read=frozenset(read), told=frozenset(told)
    )


def unknown_in(words: Sequence[str], others: Beside) -> str | None:
    """Say what of a simple command is not known to be harmless, for the person who is asked; None: nothing."""
    name = words[0] if words else ""
    if name in others.functions or name == "<" or not name:
        return None
    run = words[1] if name in _RUNNERS and len(words) > 1 else name
    if _normal(run) in others.made and ("/" in run or run != name):
        return f"it runs {quoted(run)}, a file that the same command has made"
    return _unknown_in(tuple(words)) or _carried(words, others)


def _carried(words: Sequence[str], others: Beside) -> str | None:
    """Say which variable in an address holds what the text has read somewhere: a request may carry it out.

    By their spelling, variables in small letters are the text's own, and those in capitals the environment's.
    """
    if words[0].rpartition("/")[2] not in CARRYING:
        return None
    for word in words[1:]:
        for name in _NAME.findall(word):
            if name in others.read or (name.islower() and name not in others.told):
                return (
                    f"{quoted(words[0])} puts {quoted(word)} into what it asks for, which may tell others what is here"
                )
    return None


def _told(text: str) -> str:
    """Leave out the substitutions that tell nothing of what is in files: the machine's kind, a date, a version."""
    return _TELLING_NOTHING.sub("", text)


def unknown_around(facts: CommandFacts) -> Iterator[str]:
    """Yield what is not known to be harmless beside the commands: code, variables that are set, files written."""
    yield from facts.strange
    yield from (
        f"it writes {quoted(path)}, which lies outside the project" for path in facts.writes if _is_elsewhere(path)
    )
    tools = next((path for path in sorted(_made_in(facts)) if _is_of_tools(path)), None)
    if tools is not None:
        yield f"it makes {quoted(tools)}, where programs of the project's environment lie"
    for setting in facts.sets:
        name, _, value = setting.partition("=")
        if _EVALUATED.search(value):
            yield f"the variable {name} holds {quoted(value)}, which runs a command where it is evaluated"
        reason = _unknown_setting(name, value)
        if reason is not None:
            yield reason


@lru_cache(maxsize=1024)
def _unknown_in(words: tuple[str, ...]) -> str | None:
    name = _program(words[0])
    if name is None:
        return f"{quoted(words[0])} lies outside the project and the system's own folders"
    if name == "":
        return _unknown_script(words)
    tree = table().get(name) or table().get(re.sub(r"[\d.]+$", "", name))
    if tree is None:
        return f"{quoted(name)} is not among the commands known to be harmless"
    path, shape, args = find(tree, words[1:])
    said = quoted(" ".join([name, *path]))
    if shape is None:
        return f"{said} is not among the commands known to be harmless"
    operands, option, reason = taken_apart(shape, name, args, lambda judge, word, value: JUDGES[judge](word, [value]))
    if reason is not None:
        return reason
    if option is not None:
        return f"the option {quoted(option)} of {said} is not known to be harmless"
    return JUDGES[shape.operands](name, operands)


def _program(word: str) -> str | None:
    """Return a program's name; empty: it is a file of the project; None: it lies elsewhere."""
    if "/" not in word:
        return "" if _SCRIPT_NAME.fullmatch(word) or _PROJECT_MODULE.fullmatch(word) else word
    folder, _, name = word.rpartition("/")
    system = _SYSTEM_FOLDER.fullmatch(f"{folder}/")
    if system or _is_of_tools(word):
        return name
    return None if OUTSIDE.match(word) or ":" in word else ""


def _is_of_tools(path: str) -> bool:
    folder = f"/{path.rpartition('/')[0]}"
    return any(folder.endswith(f"/{known}") for known in TOOL_FOLDERS)


def _unknown_script(words: Sequence[str]) -> str | None:
    """Judge a program of the project's own: known, unless its name, or its first argument, says that it reaches out."""
    name = words[0].rpartition("/")[2]
    if name in {"gradlew", "mvnw"} and name in table():
        return _unknown_in((name, *words[1:]))
    if _GIT_FILES.match(words[0]):
        return f"{quoted(words[0])} is one of git's own files"
    if name == "manage.py" and set(words[1:2]) & STRANGE_DUTIES:
        return f"{quoted(' '.join(words[:2]))} is not among the commands known to be harmless"
    return _reaching_name(name) or next((_reaching_name(word) for word in words[1:2] if word[:1] != "-"), None)


def _reaching_name(text: str) -> str | None:
    found = [word for word in _split(text) if word in REACHING_WORDS]
    return f"the name {quoted(text)} says that it may reach others" if found else None


def _split(text: str) -> list[str]:
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", text)
    return [word.lower() for word in re.split(r"[^A-Za-z]+", spaced) if word]


def _normal(path: str) -> str:
    return path.removeprefix("./")


def _made_in(facts: CommandFacts) -> frozenset[str]:
    """Return the files that the text itself makes: by redirections, and by what copies, links or fetches."""
    found = {_normal(path) for path in facts.writes}
    for words in facts.commands:
        name = words[0].rpartition("/")[2]
        if name not in _MAKERS:
            continue
        plain = [word for word in words[1:] if not word.startswith("-")]
        found |= {_normal(word) for word in (plain if name in {"tee", "curl", "wget"} else plain[-1:])}
        found |= {_normal(word.partition("=")[2]) for word in words[1:] if "=" in word}
        if name in {"curl", "wget"}:  # they name what they fetch after the address
            found |= {word.partition("?")[0].rstrip("/").rpartition("/")[2] for word in plain if "://" in word}
    return frozenset(found - {"", "."})


def _unknown_setting(name: str, value: str) -> str | None:
    if name in OPTIONS_OF:
        unknown = _unknown_in((*OPTIONS_OF[name].split(), *value.split()))
        return None if unknown is None else f"the variable {name} holds options: {unknown}"
    if re.fullmatch(CHOOSING_SOURCES, name):
        return f"the variable {name} changes where programs look, or what they load"
    if re.fullmatch(CODE_PATHS, name):
        strange = [part for part in value.split(":") if not _is_known_folder(name, part)]
        return f"the variable {name} has programs loaded from {quoted(strange[0])}" if strange else None
    if not re.fullmatch(NAMING_PROGRAMS, name) or not value.strip():
        return None
    words = value.split()
    if name.endswith("SHELL") or (words[0] in _SHELLS and len(words) == 1):
        return None if value in _SHELLS else f"the variable {name} names another shell, {quoted(value)}"
    unknown = _unknown_in(tuple(words)) if _program(words[0]) else f"{quoted(words[0])} is no known program"
    return None if unknown is None else f"the variable {name} names a program: {unknown}"


def _is_known_folder(name: str, part: str) -> bool:
    bare = part.strip("\"'")
    if bare in {f"${name}", f"${{{name}}}", f"${{{name}:-}}"} or bare.startswith(f"${{{name}:"):
        return True
    if bare in {"", "."}:  # in PATH, a file of the project would run for any program
        return name != "PATH"
    if _SYSTEM_FOLDER.fullmatch(f"{bare.rstrip('/')}/"):
        return True
    is_tools = any(bare.rstrip("/").endswith(f"/{known}") or bare.rstrip("/") == known for known in TOOL_FOLDERS)
    if name == "PATH":
        return is_tools and not bare.startswith("/tmp")  # noqa: S108 - a name that is compared, no file
    return not OUTSIDE.match(bare)


def _is_elsewhere(path: str) -> bool:
    """Tell whether a file that is written lies outside the project and its temporary folder, or is one of git's.

    A variable whose value is not known is one that the lane was given, such as its scratch home.
    """
    if _GIT_FILES.match(path) or re.match(r"\$\{?HOME\b", path):
        return True
    is_given = re.match(r"\$\{?\w", path) and not re.search(r"(?:^|/)\.\.(?:/|$)", path)
    return bool(OUTSIDE.match(path)) and not SCRATCH.match(path) and not is_given


# --- operands


_Judge = Callable[[str, Sequence[str]], str | None]


def _refusing(is_refused: Callable[[str], object], said: str) -> _Judge:
    """Return what judges arguments one by one, and says of the first it refuses which program is given which word."""

    def judge(name: str, operands: Sequence[str]) -> str | None:
        found = next((word for word in operands if is_refused(word)), None)
        return None if found is None else said.format(name=quoted(name), word=quoted(found))

    return judge


_in_lane = _refusing(
    lambda word: OUTSIDE.match(word) and not word.startswith("$") and word != "..",
    "{name} is given {word}, which lies outside the project",
)
_written = _refusing(_is_elsewhere, "{name} writes {word}, which lies outside the project")
_not_remote = _refusing(
    lambda word: re.match(r"[^/=]+:", word) and not word.startswith("-"),
    "{name} is given {word}, which names another machine",
)


def _any(name: str, operands: Sequence[str]) -> str | None:  # noqa: ARG001
    return None


def _places(name: str, operands: Sequence[str]) -> str | None:
    """Judge files that are made or changed; which of them lie outside is known to the rules about files."""
    first = next((word for word in operands if _GIT_FILES.match(word)), None)
    if first is not None:
        return f"{quoted(name)} is given {quoted(first)}, one of git's own files"
    programs = [word for word in operands[:-1] if _PROGRAM_FOLDERS.match(word)]
    return f"{quoted(name)} gives the program {quoted(programs[0])} another name" if programs else None


def _script(name: str, operands: Sequence[str]) -> str | None:
    """Judge an interpreter with a file of the project; without one it reads what is known otherwise, or nothing."""
    return _in_lane(name, operands[:1]) or (_unknown_script(operands) if operands else None)


def _targets(name: str, operands: Sequence[str]) -> str | None:
    for word in operands:
        setting = _SETTING.fullmatch(word)
        if setting is not None:
            reason = _unknown_setting(setting.group(1), setting.group(2)) or _unknown_in_makefile(*setting.groups())
            if reason is not None:
                return reason
        elif not _is_known_target(word):
            return f"{quoted(f'{name} {word}')} is not among the usual targets, such as build and test"
    return None


def _unknown_in_makefile(name: str, value: str) -> str | None:
    """Judge a variable of a makefile: its value becomes text of commands."""
    if re.search(r"[;&|`#<>\n]|\$[({]", value):
        return f"the variable {name} holds {quoted(value)}, which a shell may run"
    words = value.split()
    if words and (name.lower() in table() or len(words) > 1) and not words[0].startswith("-") and _program(words[0]):
        unknown = _unknown_in(tuple(words)) if words[0] in table() or name.lower() in table() else None
        return None if unknown is None else f"the variable {name} names a program: {unknown}"
    if name in {"DESTDIR", "PREFIX", "prefix"} and value and _is_elsewhere(value):
        return f"the variable {name} names {quoted(value)}, which lies outside the project"
    return None


def _is_known_target(word: str) -> bool:
    words = _split(word)
    is_file = "/" in word or "." in word.lstrip(".")
    is_known = any(one in HARMLESS_TARGETS for one in words) or (is_file and ":" not in word)
    return is_known and not any(one in REACHING_WORDS for one in words) and not word.startswith(("/", "~", ".."))


def _addresses(name: str, operands: Sequence[str]) -> str | None:
    """Judge what is fetched: nothing in the address may be told by another command or be a secret."""
    for word in operands:
        scheme = _SCHEME.match(word)
        if scheme and scheme.group(1).lower() not in {"http", "https", "file", "ftp", "ftps"}:
            return f"{quoted(name)} is given an address of the kind {scheme.group(1)}"
        if _CREDENTIALS_OF_CLOUDS.search(word):
            return f"{quoted(name)} asks for {quoted(word)}, where clouds give out credentials"
        if _UNKNOWN_TEXT.search(_told(word)) or _SECRET.search(word):
            return f"{quoted(name)} puts {quoted(word)} into what it asks for, which may tell others what is here"
        if _MAY_BE_OPTIONS.fullmatch(word):
            return f"{quoted(name)} is given {quoted(word)}, which may be options"
    return None


def _no_fetched(name: str, operands: Sequence[str]) -> str | None:
    found = [word for word in operands[:1] if "@" in word or "://" in word or OUTSIDE.match(word)]
    return f"{quoted(name)} runs {quoted(found[0])}, which is not of the project" if found else None


def _header(name: str, operands: Sequence[str]) -> str | None:
    """Judge a header: a credential is known where it belongs, and nowhere else; `@` takes headers from a file."""
    if operands[0].startswith("@"):
        return f"{quoted(name)} sends what stands in {quoted(operands[0][1:])}"
    return _addresses(name, [word for word in operands if not _CREDENTIAL.fullmatch(word)])


def _reading_method(name: str, operands: Sequence[str]) -> str | None:
    other = [word for word in operands if word.upper() not in {"GET", "HEAD", "OPTIONS"}]
    return f"{quoted(name)} sends a {other[0]}" if other else None


def _denied(name: str, operands: Sequence[str]) -> str | None:
    return f"{quoted(name)} is given {quoted(operands[0])}, which is not known to be harmless"


def _loopback(name: str, operands: Sequence[str]) -> str | None:
    hosts = [word.partition(":")[0] for word in operands]
    other = [host for host in hosts if host not in {"127.0.0.1", "localhost", "unix"}]
    return f"{quoted(name)} listens on {quoted(other[0])}" if other else None


def _code_options(name: str, operands: Sequence[str]) -> str | None:
    known = ("opt-level", "debuginfo", "target-cpu", "debug-assertions", "lto", "strip", "panic", "codegen-units")
    return None if operands[0].startswith(known) else _denied(name, operands)


def _reading_redis(name: str, operands: Sequence[str]) -> str | None:
    reading = {"ping", "get", "keys", "info", "ttl", "llen", "exists", "type"}
    is_reading = bool(operands) and operands[0].lower() in reading
    return None if is_reading else f"{quoted(name)} is given no command that is known to read only"


def _statements(name: str, operands: Sequence[str]) -> str | None:
    """Judge the statements after the file of a database."""
    if len(operands) < 2:
        return f"{quoted(name)} is given no statement here, and reads what it does from elsewhere"
    return _sql(name, operands[1:])


def _sql(name: str, operands: Sequence[str]) -> str | None:
    for text in operands:
        called = {word.lower() for word in _CALLED.findall(text)}
        if not _STATEMENT.fullmatch(text) or _CHANGING.search(text) or called - SQL_FUNCTIONS:
            return f"{quoted(name)} is given {quoted(text)}, which is not known to read only"
    return None


JUDGES: Mapping[str, _Judge] = {
    "": _any,
    "any": _any,
    "number": _any,
    "inner": _any,
    "edited": lambda name, operands: _places(name, operands[1:]),  # the files after a script
    "dd": lambda name, operands: _written(name, [word[3:] for word in operands if word.startswith("of=")]),
    "none": _refusing(lambda _: True, "{name} is given {word}"),
    "denied": _denied,
    "lane": _in_lane,
    "places": _places,
    "written": _written,
    "script": _script,
    "file": lambda name, given: _in_lane(name, given[:1]) or (None if given else f"{quoted(name)} is given no file"),
    "folder": _refusing(
        lambda word: re.match(r"/(?!home/|root/|tmp(?:/|$)|work|Users/|workspace)", word),
        "{name} goes to {word}, where programs of the system may lie",
    ),
    "targets": _targets,
    # Runners of named scripts give the script what follows its name.
    "target": lambda name, operands: _targets(name, operands[:1]),
    "addresses": _addresses,
    "header": _header,
    "get": _reading_method,
    "api": lambda name, given: _denied(name, given) if given[:1] == ["graphql"] else _addresses(name, given),
    "codegen": _code_options,
    "linker": lambda name, given: _denied(name, given) if "-ext" in given[0] or "-linkmode" in given[0] else None,
    "makefile": lambda name, given: _denied(name, given) if given[0] == "-" else _in_lane(name, given),
    "copied": lambda name, operands: _written(name, operands[-1:]) or _places(name, operands),
    "local": _refusing(lambda word: "://" in word, "{name} is given {word}, which is not of the project"),
    # A number that stands in the text is nobody that the text has started.
    "processes": _refusing(
        lambda word: word.lstrip("-").isdigit(), "{name} is given {word}, which may be a program of others"
    ),
    # More options, and other folders, may be given so to pytest.
    "setting": lambda name, given: (
        _denied(name, given) if given[0].partition("=")[0] in {"addopts", "pythonpath"} else None
    ),
    "project-file": lambda name, operands: _not_remote(name, operands[:1]) or _script(name, operands),
    "no-secrets": _refusing(
        lambda word: set(_split(word)) & {"secret", "secrets", "password", "token", "credentials"},
        "{name} is asked for {word}",
    ),
    "not-remote": _not_remote,
    "no-fetched": _no_fetched,
    # A pager may be told where to begin, but `+!` begins with a program.
    "no-plus": _refusing(
        lambda word: word.startswith("+") and not re.fullmatch(r"\+(?:\d+|[GF]|/[^!]*)", word),
        "{name} is given the command {word}",
    ),
    "no-lists": _refusing(lambda word: word.startswith("@"), "{name} reads more options from {word}"),
    "evaluating": _refusing(
        lambda word: re.search(r"\[.*(?:\$\(|`)", word, re.DOTALL), "{name} may run what stands in {word}"
    ),
    "loopback": _loopback,
    # A container may be given a named volume of this machine, or a folder of the project.
    "mount": _refusing(
        lambda word: OUTSIDE.match(word.partition(":")[0]), "{name} is given {word}, which lies outside the project"
    ),
    "program": lambda _, given: _unknown_in((given[0],)) if given[0] else None,
    "network": _refusing(
        lambda word: word == "host" or word.startswith("container:"), "{name} shares the network of {word}"
    ),
    "redis": _reading_redis,
    "sql": _sql,
    "statements": _statements,
}
"""What judges an argument, by the name that the table has for it."""
