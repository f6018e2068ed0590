"""Libraries that code on a command line loads, and the table of harmless ones for each language."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from surefoot.core.regex import regex
from surefoot.shellwords.inline import AWK, JAVASCRIPT, PYTHON, SCRIPTING, SED, Language

_PYTHON_MODULES = frozenset(
    """
    __future__ abc argparse array ast bisect bz2 calendar cmath collections colorsys configparser contextlib copy
    csv dataclasses datetime decimal difflib dis enum errno filecmp fnmatch fractions functools gc glob graphlib
    gzip hashlib heapq hmac html inspect io ipaddress itertools json keyword linecache locale logging lzma math
    mimetypes numbers operator os pathlib platform pprint queue random re sched secrets shlex shutil site stat
    statistics string struct sys sysconfig tarfile tempfile textwrap threading time token tokenize tomllib traceback
    types typing unicodedata uuid warnings weakref xml zipfile zlib zoneinfo numpy packaging toml tomli yaml""".split()  # noqa: SIM905
)
_PYTHON_PARTS = frozenset({"importlib.metadata", "importlib.resources", "urllib.parse", "importlib.util"})
_PYTHON_REACHING = ("logging.handlers", "logging.config", "numpy.f2py", "numpy.distutils", "numpy.ctypeslib")
_REACHED = frozenset(
    """_os builtins codecs distutils f2py handlers modules os socket subprocess sys system popen unsafe_load
    unsafe_load_all""".split()  # noqa: SIM905
)
"""What a known module has in it that may do anything."""
_SHOWING = frozenset({"print", "str", "repr", "len", "type", "dir", "hasattr", "sorted", "list", "bool", "isinstance"})
_WRITING = frozenset(
    """
    write_text write_bytes mkdir makedirs touch unlink rename replace symlink symlink_to hardlink_to link chmod copy
    copy2 copyfile copytree extractall truncate remove rmdir""".split()  # noqa: SIM905
)
_FILES_OUTSIDE = regex(r"[\"'](?:/(?!tmp/|dev/(?:null|std)|[^\w.])|~|\.\./|\.git/)")
_NODE_MODULES = frozenset(
    """
    assert buffer crypto events fs fs/promises os path perf_hooks process querystring readline stream string_decoder
    timers url util v8 zlib""".split()  # noqa: SIM905
)
_NODE_LOADED = regex(r"(?:\brequire\s*\(|\bfrom|\bimport)\s*[\"'`]([^\"'`]+)[\"'`]\)?(\.version\b)?")
_SCRIPT_MODULES = frozenset(
    """
    strict warnings utf8 feature List::Util Scalar::Util JSON::PP POSIX Data::Dumper Encode Time::Local
    File::Basename Time::Piece json yaml set date time csv pp digest erb optparse pathname stringio bigdecimal Dates
    Statistics stats utils""".split()  # noqa: SIM905
)
_SCRIPT_LOADED = regex(
    r"(?:^|[;{(\s])(?:require_relative|require_once|require|include_once|include|use|library|using|dofile|loadfile)\b"
    r"\s*\(?\s*[\"']?([\w:./-]+)"
)
_SCRIPT_WRITES = regex(r"\b(?:open|write|binwrite|rename|symlink|put_contents|fopen|cat|mkdir|chmod|copy)\b")
_PHP_REACHING = regex(r"\b(?:curl_\w+|fsockopen|stream_socket_client|mail|imap_\w+|ftp_\w+|mysqli?\w*|PDO)\b")
_SED_WRITES = regex(
    r"(?:^|(?<=[;{}\n]))(?:[0-9,$+~!]|/(?:\\.|[^/\\])*+/[IM]*+|[^\S\n])*+[wW][ \t]*([^\s;}]+)"
    r"|s([^\w\s\\])(?:\\.|(?!\2)[^\\])*+\2(?:\\.|(?!\2)[^\\])*+\2[gpimIM0-9]*w[ \t]*([^\s;}]+)",
    re.DOTALL,
)
_AWK_TEXT = regex(r'"(?:\\.|[^"\\])*"')
_AWK_WRITES = regex(r"\bprintf?\b[^;}\n|>]*>>?\s*([^;}\n]*)")


def strange_in(language: Language, code: str) -> str | None:
    """Say what code loads that is not known to be harmless; None: nothing."""
    if language.reaching is PYTHON:
        return _strange_python(code)
    if language.reaching is JAVASCRIPT:
        loaded = [name for name, version in _NODE_LOADED.findall(code) if not version and not name.endswith(".json")]
        unknown = [name for name in loaded if name.removeprefix("node:") not in _NODE_MODULES]
    elif language.reaching is SCRIPTING:
        unknown = [
            name for name in _SCRIPT_LOADED.findall(code) if name not in _SCRIPT_MODULES and not name[0].isdigit()
        ]
        unknown += _PHP_REACHING.findall(code)
    else:
        return None
    if unknown:
        return f"the code loads {unknown[0]!r}, which may do anything"
    if _FILES_OUTSIDE.search(code) and (_SCRIPT_WRITES.search(code) or re.search(r"write|append", code)):
        return "the code writes files, and names one outside the project"
    return None


def written_by(language: Language, code: str) -> Iterator[str | None]:
    """Yield the files that a script of sed or awk writes; None: one that is not known."""
    if language.reaching is SED:
        yield from (match.group(1) or match.group(3) for match in _SED_WRITES.finditer(code))
    elif language.reaching is AWK:
        texts: list[str] = []
        bare = _AWK_TEXT.sub(lambda match: texts.append(match.group()[1:-1]) or f"\x01{len(texts) - 1}\x01", code)
        for match in _AWK_WRITES.finditer(bare):
            target = re.fullmatch(r"\x01(\d+)\x01\s*", match.group(1))
            yield texts[int(target.group(1))] if target else None


def _strange_python(code: str) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "the code given to Python cannot be read"
    foreign = _foreign_names(tree)
    used = _used(tree, foreign)
    if used is not None:
        return f"the code calls {used!r}, a library or module that may do anything"
    reached = next(
        (one.attr for one in ast.walk(tree) if isinstance(one, ast.Attribute) and one.attr in _REACHED), None
    )
    if reached is not None:
        return f"the code reaches {reached!r} by way of another module"
    called = {_called(node) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    is_writing = bool(called & _WRITING) or any(_opens_to_write(node) for node in ast.walk(tree))
    is_outside = bool(_FILES_OUTSIDE.search(code)) or bool(called & {"home", "expanduser"})
    return "the code writes files, and names one outside the project" if is_writing and is_outside else None


def _foreign_names(tree: ast.AST) -> dict[str, str]:
    """Return the names that imports of unknown modules make, each with its module."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                if not _is_known(one.name):
                    found[one.asname or one.name.partition(".")[0]] = one.name
        elif isinstance(node, ast.ImportFrom) and not _is_known(node.module or "."):
            for one in node.names:
                if not _is_known(f"{node.module}.{one.name}"):
                    found[one.asname or one.name] = f"{node.module}.{one.name}"
    return found


def _is_known(module: str) -> bool:
    if any(f"{module}.".startswith(f"{known}.") for known in _PYTHON_PARTS):
        return True
    return module.partition(".")[0] in _PYTHON_MODULES and not module.startswith(_PYTHON_REACHING)


def _used(tree: ast.AST, foreign: dict[str, str]) -> str | None:
    """Return a foreign module of which more is used than what can be shown, such as its version."""
    if not foreign:
        return None
    shown: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _SHOWING:
            shown |= {id(one) for argument in node.args if (one := _root(argument)) is not None}
        elif isinstance(node, ast.FormattedValue | ast.Expr) and (one := _root(node.value)) is not None:
            shown.add(id(one))
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    return next((foreign[node.id] for node in names if node.id in foreign and id(node) not in shown), None)


def _root(node: ast.expr) -> ast.Name | None:
    """Return the name that a chain of attributes begins with."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node if isinstance(node, ast.Name) else None


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _opens_to_write(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or _called(node) != "open":
        return False
    modes = [one for one in (*node.args, *(word.value for word in node.keywords)) if isinstance(one, ast.Constant)]
    return any(isinstance(one.value, str) and re.fullmatch(r"[rwxabt+]*[wxa+][rwxabt+]*", one.value) for one in modes)
