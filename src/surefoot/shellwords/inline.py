"""Programs in other languages inside a command: `python -c …`, `perl -e …`, an `awk` script.

A program with a word that starts others or reaches out is unclear; one without is like a script file, of which nothing
is known either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from surefoot.core.record import record
from surefoot.core.regex import regex
from surefoot.shellwords.expansion import Term

PYTHON = regex(
    r"\b(?:os\s*\.\s*(?:system|popen|exec|spawn|posix_spawn|kill|remove|unlink|rmdir|removedirs|fork)|subprocess|pty\b|"
    r"shutil\s*\.\s*(?:rmtree|move)|socket|urllib\s*\.\s*request|urlopen|http\.(?:client|server)|smtplib|ftplib|paramiko|"
    r"(?:requests|httpx)\s*\.\s*(?!__)|ctypes|eval|exec|compile|__import__|import_module|getattr|__builtins__|globals|"
    r"vars|__subclasses__|base64|codecs|marshal|pickle|runpy|multiprocessing|asyncio|webbrowser|fabric|sh\s*\.)|"
    r"\bfrom\s+(?:os|shutil|requests|httpx|posix|urllib|importlib)\s+import|\bimport\s+(?:posix|nt)\b|\bimport\s+os\s+as\b"
)
JAVASCRIPT = regex(
    r"child_process|execa|\bexec|spawn|\bfork\b|\bnet\b|\bdgram\b|\bhttps?\b|fetch\s*\(|\beval\b|\bFunction\b|\bbinding\b|"
    r"constructor|globalThis|import\s*\(|require\s*\(\s*[^'\"\s]|\brm(?:Sync|dir)?\b|unlink|\bvm\b|worker_threads|"
    r"\bDeno\s*\.\s*(?:run|Command)|\bBun\s*\.\s*(?:spawn|\$)|process\s*\.\s*(?:kill|dlopen)|\[\s*['\"`]"
)
SCRIPTING = regex(
    r"\bsystem\b|\bexec|`|\bpopen|\bspawn|\bfork\b|\bqx\b|\bsocket|Socket|\beval\b|\bunlink|\bkill\b|\brmtree|\bpassthru|"
    r"shell_exec|proc_open|%x|\bopen\b[^;]{0,200}\||Net::|HTTP|LWP|\bopen-uri|FileUtils|__send__|\bsend\b|io\.popen|os\.(?:exec|remove)|"
    r"/(?=[a-z]*e)[a-z]*+\s*+(?:;|$)|\bsyscall"
)
AWK = regex(r"\bsystem\s*\(|\|\s*+&?\s*+[\"a-z]|\|\s*getline|\"[^\"]*\"\s*\|\s*getline|@load|/inet/")
SED = regex(
    r"(?:^|(?<=[;{}\n]))(?:[0-9,$+~!]|/(?:\\.|[^/\\])*+/[IM]?|[^\S\n])*+e(?:\s|$)|s([^\w\s\\])(?:\\.|(?!\1)[^\\])*+\1(?:\\.|(?!\1)[^\\])*+\1[gpimIM0-9]*e",
    re.DOTALL,
)
_EDITOR = regex(r"!|\bsystem\s*\(|shell-command|call-process|start-process|\bterm(?:inal)?\b|jobstart|job_start")
_ANYTHING = regex(r".", re.DOTALL)


@record(kw_only=False)
class Language:
    """How a program is given code, and what in it reaches out."""

    reaching: re.Pattern[str]
    """Finds what starts other programs, reaches out, or hides what it does."""
    options: str = ""
    """The letters after which code comes, also at the end of a bundle such as `-ne`."""
    words: tuple[str, ...] = ()
    """The long options after which it comes."""
    is_first: bool = False
    """Whether the first argument that is no option is code, where no option gives any."""
    reads_input: bool = False
    """Whether it takes its code from standard input where it is given none."""
    valued: str = ""
    """Letters of other options that take a value."""


_PERL = Language(SCRIPTING, "eE", reads_input=True, valued="I")
_NODE = Language(JAVASCRIPT, "ep", ("--eval", "--print"), reads_input=True, valued="rC")
LANGUAGES: Mapping[str, Language] = {
    "python": Language(PYTHON, "c", reads_input=True, valued="WXQ"),
    "pypy": Language(PYTHON, "c", reads_input=True, valued="WXQ"),
    "perl": _PERL,
    "ruby": Language(SCRIPTING, "e", reads_input=True, valued="rICE"),
    "php": Language(SCRIPTING, "rBRE", reads_input=True, valued="dcz"),
    "lua": Language(SCRIPTING, "e", valued="l"),
    "luajit": Language(SCRIPTING, "e", valued="l"),
    "node": _NODE,
    "nodejs": _NODE,
    "bun": Language(JAVASCRIPT, "ep", ("--eval", "--print")),
    "deno": Language(JAVASCRIPT, "", ("eval",)),
    "tclsh": Language(_ANYTHING, reads_input=True),
    "expect": Language(_ANYTHING, "c", reads_input=True),
    "osascript": Language(_ANYTHING, "e", reads_input=True),
    "Rscript": Language(SCRIPTING, "e"),
    "julia": Language(SCRIPTING, "eE", ("--eval",)),
    "groovy": Language(SCRIPTING, "e"),
    "pwsh": Language(_ANYTHING, "c", ("-Command", "-EncodedCommand", "-command"), reads_input=True),
    "powershell": Language(_ANYTHING, "c", ("-Command", "-EncodedCommand", "-command"), reads_input=True),
    **dict.fromkeys(("awk", "gawk", "mawk", "nawk"), Language(AWK, "e", ("--source",), is_first=True, valued="fFvil")),
    **dict.fromkeys(("sed", "gsed"), Language(SED, "e", ("--expression",), is_first=True, valued="fl")),
    **dict.fromkeys(
        ("vi", "vim", "nvim", "ex", "view", "vimdiff"), Language(_EDITOR, "c", ("--cmd",), valued="suSUWwiT")
    ),
    **dict.fromkeys(
        ("emacs", "emacsclient"), Language(_EDITOR, "", ("--eval", "-eval", "--execute", "-f", "--funcall"))
    ),
}


def language_of(name: str) -> Language | None:
    """Return the language a program of that name speaks; versions such as `python3.12` count as the program."""
    return LANGUAGES.get(name) or LANGUAGES.get(re.sub(r"[\d.]+$", "", name))


def code_in(language: Language, terms: Sequence[Term]) -> tuple[list[Term], bool]:
    """Return the code among the arguments, and whether the program is given a script or anything else to run."""
    found: list[Term] = []
    at = 1
    while at < len(terms):
        term, following = terms[at], terms[at + 1 : at + 2]
        text = term.text
        at += 1
        if text in language.words:
            found += following
            at += 1
        elif text.startswith("--") and len(text) > 2:
            if "=" in text and text.startswith(language.words):
                found.append(Term(text.partition("=")[2], term.is_known))
        elif text.startswith("+") and language.reaching is _EDITOR:
            found.append(Term(text[1:], term.is_known))
        elif text.startswith("-") and len(text) > 1:
            if text == "-m":
                return found, True
            code, skipped = _in_bundle(language, text[1:], term.is_known, following)
            found += code
            at += skipped
        elif text == "-":
            return found, False
        else:
            if language.is_first and not found:
                found.append(term)
            return found, True
    return found, bool(found)


def _in_bundle(language: Language, letters: str, is_known: bool, following: Sequence[Term]) -> tuple[list[Term], int]:  # noqa: FBT001
    for at, letter in enumerate(letters):
        rest = letters[at + 1 :]
        if letter in language.options:
            return ([Term(rest, is_known)], 0) if rest and language.options == "c" else (list(following), 1)
        if letter in language.valued:
            return [], 0 if rest else 1
    return [], 0
