"""The header of a GGUF file: whether it is one, and its context length."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO, cast

from surefoot.core.record import record

LOCAL = "local:"
"""How the name of a model begins that is the path of a file."""

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
"""The first one had shorter lengths; nothing writes it any more."""
_TEXT, _LIST = 8, 9
_NUMBERS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_TEXT_MAX = 1 << 20
"""Longer texts are passed over; chat templates are the longest, and they are not wanted here."""


@record
class ModelFile:
    """A GGUF file, as far as its head tells."""

    architecture: str
    """The family, such as `llama`."""
    context_tokens: int | None
    """How long a text it was made for, request and reply together; None: it does not say."""


def read_head(path: Path) -> ModelFile | str:
    """Return what a model file says of itself, or why it is none."""
    try:
        with path.open("rb") as file:
            return _read_header(file)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except (EOFError, KeyError, RecursionError):
        return "is damaged: its head ends, or holds something unknown, before it is complete"


def _read_header(file: BinaryIO) -> ModelFile | str:
    if file.read(4) != _MAGIC:
        return "is no GGUF file"
    version = _number(file, "<I")
    if version not in _VERSIONS:
        return f"is GGUF of version {version}; known are {' and '.join(map(str, _VERSIONS))}"
    _number(file, "<Q")
    lengths: dict[str, int] = {}
    architecture = ""
    for _ in range(_number(file, "<Q")):
        key = _read_text(file)
        value = _value(file, _number(file, "<I"))
        if key == "general.architecture" and isinstance(value, str):
            architecture = value
        elif key.endswith(".context_length") and isinstance(value, int):
            lengths[key] = value
        if architecture and f"{architecture}.context_length" in lengths:
            break
    return ModelFile(architecture=architecture, context_tokens=lengths.get(f"{architecture}.context_length"))


def _value(file: BinaryIO, kind: int) -> object:
    """Read a value; of lists nothing is kept."""
    if kind == _TEXT:
        return _read_text(file)
    if kind != _LIST:
        return _number(file, _NUMBERS[kind])
    inner, count = _number(file, "<I"), _number(file, "<Q")
    if inner in _NUMBERS:
        _pass_over(file, count * struct.calcsize(_NUMBERS[inner]))
        return None
    for _ in range(count):
        _value(file, inner)
    return None


def _read_text(file: BinaryIO) -> str:
    length = _number(file, "<Q")
    if length > _TEXT_MAX:
        _pass_over(file, length)
        return ""
    return _exactly(file, length).decode("utf-8", "replace")


def _number(file: BinaryIO, form: str) -> int:
    return cast("int", struct.unpack(form, _exactly(file, struct.calcsize(form)))[0])


def _pass_over(file: BinaryIO, count: int) -> None:
    if count > os.fstat(file.fileno()).st_size:
        raise EOFError
    file.seek(count, 1)


def _exactly(file: BinaryIO, count: int) -> bytes:
    found = file.read(count)
    if len(found) < count:
        raise EOFError
    return found
