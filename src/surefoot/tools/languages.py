"""Languages by file name, and the look of a definition in each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

PARSED_MAX = 500_000
"""No Python file with more characters is parsed: nothing else goes on meanwhile."""
LINE_MAX = 200
"""A longer line is no definition, and patterns take their time with it."""

_NAME = r"[A-Za-z_$][\w$]*"
_BEFORE = (
    r"(?:(?:export|default|declare|public|private|protected|internal|static|final|abstract|sealed|async|override|virtual|"
    r"open|data|inline|partial|readonly|synchronized|native|suspend)\s+)*"
)
_TYPES = r"(?:class|interface|enum|record|struct|object|trait|namespace|@interface)"
_TYPE = rf"\s*{_BEFORE}{_TYPES}\s+{_NAME}"
_NO_KEYWORD = r"(?!(?:if|for|while|switch|catch|return|else|typedef|new|throw|do)\b)"
_METHOD = rf"\s+{_BEFORE}{_NO_KEYWORD}[A-Za-z_][\w<>\[\],.? ]*\s+{_NAME}\s*\([^;=]*\{{\s*$"
_SHORT_METHOD = rf"\s+{_BEFORE}{_NO_KEYWORD}(?:get\s+|set\s+)?#?{_NAME}\s*\([^;]*\{{\s*$"
DEFINITIONS: Mapping[str, str] = {
    "python": r"\s*(?:async\s+def|def|class)\s+\w+",
    "script": (
        rf"{_TYPE}|\s*{_BEFORE}function\*?\s+{_NAME}|\s*{_BEFORE}type\s+{_NAME}.*=|{_SHORT_METHOD}"
        rf"|\s*{_BEFORE}(?:const|let|var)\s+{_NAME}\s*=\s*(?:async\s*)?(?:function\b|\([^)]*\).*=>|{_NAME}\s*=>)"
    ),
    "go": r"(?:func|type)\s+.*",
    "rust": (
        r"\s*(?:pub(?:\([^)]*\))?\s+)?(?:(?:async|unsafe|const|extern)\s+)*"
        r"(?:fn|struct|enum|trait|impl|mod|type|macro_rules!|union)\b.*"
    ),
    "java": rf"{_TYPE}|{_METHOD}",
    "kotlin": rf"{_TYPE}|\s*{_BEFORE}(?:fun|def|typealias)\s+.*",
    "c": (
        rf"(?:typedef\s+)?(?:struct|union|enum)\s+{_NAME}\s*\{{|#\s*define\s+\w+\(|{_TYPE}"
        rf"|{_NO_KEYWORD}[A-Za-z_][\w :*&<>,~]*[ *&]~?[A-Za-z_][\w:~]*\s*\([^;]*$"
    ),
    "ruby": r"\s*(?:def|class|module)\s+\S+",
    "php": rf"{_TYPE}|\s*{_BEFORE}function\s+&?{_NAME}",
    "shell": r"\s*(?:function\s+[\w:.-]+|[\w:.-]+\s*\(\))",
    "swift": rf"\s*{_BEFORE}(?:func|class|struct|enum|protocol|extension|actor)\s+.*",
    "markdown": r"#{1,6}\s+\S.*",
    "toml": r"\[\[?[^\]]+\]\]?",
    "make": r"[A-Za-z0-9_.%/-]+(?: [A-Za-z0-9_.%/-]+)*\s*:(?!=).*",
    "sql": r"(?i:\s*create\s+.*)",
}
"""For each language a pattern of the beginning of a line that defines something."""
_LANGUAGES: Mapping[str, str] = {
    **dict.fromkeys((".py", ".pyi"), "python"),
    **dict.fromkeys((".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"), "script"),
    ".go": "go",
    ".rs": "rust",
    **dict.fromkeys((".java", ".cs"), "java"),
    **dict.fromkeys((".kt", ".kts", ".scala"), "kotlin"),
    **dict.fromkeys((".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".m"), "c"),
    **dict.fromkeys((".rb", ".rake"), "ruby"),
    ".php": "php",
    **dict.fromkeys((".sh", ".bash", ".zsh"), "shell"),
    ".swift": "swift",
    **dict.fromkeys((".md", ".markdown"), "markdown"),
    **dict.fromkeys((".toml", ".ini", ".cfg"), "toml"),
    ".mk": "make",
    ".sql": "sql",
}


def language_of(path: str) -> str:
    """Return the language of a file; empty where nothing is known of the kind of file."""
    name = PurePosixPath(path)
    return "make" if name.name == "Makefile" else _LANGUAGES.get(name.suffix.lower(), "")
