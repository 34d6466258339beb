"""Reads the fields of protocol buffers without their descriptions."""

from __future__ import annotations

from collections.abc import Iterator
from mmap import mmap

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def fields(message: bytes, *, is_cut: bool = False) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protocol buffer: number and value; ``is_cut`` allows that its end is missing.

    Raises:
        ValueError: it is damaged, or not a protocol buffer.
    """
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, at = varint(message, at)
            yield number, value
            continue
        if wire == _BYTES:
            length, at = varint(message, at)
        elif wire in (_FIXED32, _FIXED64):
            length = 4 if wire == _FIXED32 else 8
        else:
            raise ValueError(f"wire type {wire}")
        if at + length > len(message) and not is_cut:
            raise ValueError("a field is longer than its message")
        yield number, message[at : at + length]
        at += length


def is_whole(message: mmap) -> bool:
    """Whether a protocol buffer ends where a field of it does; no field is read.

    A buffer with a field of fixed length, which the buffers that are read here do not have at their
    top, does not count as whole.
    """
    at = 0
    try:
        while at < len(message):
            tag, at = varint(message, at)
            length, end = varint(message, at)
            skipped = {_VARINT: 0, _BYTES: length}.get(tag & 7)
            if skipped is None:
                return False
            at = end + skipped
    except ValueError:
        return False
    return at == len(message)


def varint(message: bytes | mmap, at: int) -> tuple[int, int]:
    """The number of variable length at a position, and the position after it.

    Raises:
        ValueError: the number has no end.
    """
    value = shift = 0
    while shift < 64 and at < len(message):
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise ValueError("a number has no end")
