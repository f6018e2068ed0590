"""The head of a model file is read with care: it may hold anything."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from surefoot.models.gguf import ModelFile, read_head

U32, TEXT, LIST, U64 = 4, 8, 9, 10


def text(words: str) -> bytes:
    """Write a text as such files have it."""
    return struct.pack("<Q", len(words.encode())) + words.encode()


def pair(key: str, kind: int, value: bytes) -> bytes:
    """Write one thing that is said."""
    return text(key) + struct.pack("<I", kind) + value


ARCHITECTURE = pair("general.architecture", TEXT, text("qwen3"))
LENGTH = pair("qwen3.context_length", U32, struct.pack("<I", 40960))
OTHERS = pair("clip.context_length", U32, struct.pack("<I", 77))
NUMBERS = pair("some.numbers", LIST, struct.pack("<IQ", U32, 3) + b"\xff" * 12)
WORDS = pair("some.words", LIST, struct.pack("<IQ", TEXT, 2) + text("a") + text("b"))
LISTS = pair("some.lists", LIST, struct.pack("<IQ", LIST, 1) + struct.pack("<IQ", U32, 1) + b"\xff" * 4)


def file_with(folder: Path, *pairs: bytes, count: int | None = None) -> Path:
    """Write a file that says this, and nothing else."""
    path = folder / "some.gguf"
    head = b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs) if count is None else count)
    path.write_bytes(head + b"".join(pairs))
    return path


@pytest.mark.parametrize(
    "pairs",
    [
        (ARCHITECTURE, LENGTH),
        (LENGTH, ARCHITECTURE),
        (ARCHITECTURE, OTHERS, LENGTH),
        (NUMBERS, ARCHITECTURE, WORDS, LISTS, LENGTH),
    ],
)
def test_the_length_a_model_was_made_for_is_found(tmp_path: Path, pairs: tuple[bytes, ...]) -> None:
    """Whatever stands before it."""
    assert read_head(file_with(tmp_path, *pairs)) == ModelFile(architecture="qwen3", context_tokens=40960)


def test_a_head_may_say_nothing_of_it(tmp_path: Path) -> None:
    """Then nothing is known, and the length of another part is not taken for it."""
    assert read_head(file_with(tmp_path, ARCHITECTURE, OTHERS)) == ModelFile(architecture="qwen3", context_tokens=None)


@pytest.mark.parametrize(
    "pairs",
    [
        (struct.pack("<Q", 1 << 62),),
        (pair("some", TEXT, struct.pack("<Q", 1 << 62)),),
        (pair("some", LIST, struct.pack("<IQ", U64, 1 << 62)),),
        (pair("some", LIST, struct.pack("<IQ", TEXT, 1 << 62)),),
        (pair("some", 99, b""),),
        (pair("some", LIST, struct.pack("<IQ", LIST, 1) * 2000),),
    ],
)
def test_lengths_that_cannot_be_are_not_believed(tmp_path: Path, pairs: tuple[bytes, ...]) -> None:
    """The file is called damaged, and no memory is asked for."""
    assert "is damaged" in str(read_head(file_with(tmp_path, *pairs, count=1 << 62)))


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    """The system's own words are handed on."""
    assert read_head(tmp_path) == "cannot be read: Is a directory"
