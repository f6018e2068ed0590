"""Masking of secrets in everything that is about to be stored or shown.

Owns the order: first the known values, in all their forms (`values`), then what has the form of a key (`keys`, by the
table in `formats`). Must never let the way in which a stream is cut change the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from surefoot.masking.keys import REPLACEMENT, KeyStream, formats_in, mask_keys
from surefoot.masking.secret_names import secret_values
from surefoot.masking.values import Values, ValueStream

__all__ = ["REPLACEMENT", "MaskStream", "Masker", "Values", "formats_in", "masker_of", "secret_values"]


class Masker:
    """Replaces the given values, their usual encodings, and whatever has the form of a key, by `***`."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        """Prepare for `values`; those shorter than four characters are not masked."""
        self._values = Values(values)

    def text(self, text: str) -> str:
        """Return `text` with every secret replaced."""
        if not text:
            return text
        known = self._values.text(text)
        raw = known.encode("utf-8", "surrogatepass")
        masked = mask_keys(raw)
        return known if masked is raw else masked.decode("utf-8", "surrogatepass")

    def content(self, content: bytes) -> bytes:
        """Return the bytes with every secret replaced."""
        return mask_keys(self._values.content(content))

    def plain(self, value: object) -> object:
        """Return plain data (mappings, lists, texts) with every secret in its texts replaced, keys included."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            pairs = cast("Mapping[object, object]", value)
            return {self.plain(key): self.plain(each) for key, each in pairs.items()}
        if isinstance(value, list | tuple):
            return [self.plain(each) for each in cast("list[object] | tuple[object, ...]", value)]
        return value

    def stream(self) -> MaskStream:
        """Begin to mask a stream of bytes."""
        return MaskStream(self._values.stream())


class MaskStream:
    """Masks a stream; however it is cut into chunks, the result is that of masking the whole."""

    def __init__(self, values: ValueStream) -> None:
        """Begin with nothing held back."""
        self._values = values
        self._keys = KeyStream()

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes; return what is certain by now.

        Held back is only an end that may be the beginning of a secret: at most the longest value, or half a kilobyte.
        """
        return self._keys.feed(self._values.feed(chunk))

    def finish(self) -> bytes:
        """Return what was held back, masked; nothing may be fed afterwards."""
        return self._keys.feed(self._values.finish()) + self._keys.finish()


def masker_of(environ: Mapping[str, str]) -> Masker:
    """Return what masks the secrets that an environment holds, as far as the names of its variables tell."""
    return Masker(secret_values(environ))
