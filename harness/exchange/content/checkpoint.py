"""Reads the variables of a TensorFlow checkpoint, as a SavedModel folder holds them.

The index is a table of sorted keys in the format of LevelDB, whose values are protocol buffers that
say where a tensor stands in the data file (`tensorflow/core/util/tensor_bundle` and
`tensorflow/core/protobuf/tensor_bundle.proto`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from harness.util.protocol_buffers import fields, varint

#: The keys of the header, and of the description of the objects that hold the variables.
_NOT_VARIABLES = (b"", b"_CHECKPOINTABLE_OBJECT_GRAPH")
_FOOTER_BYTES = 48
#: The numbers of fields in ``BundleEntryProto``.
_DTYPE, _SHAPE, _OFFSET, _SIZE = 1, 2, 4, 5


class Variable(NamedTuple):
    """A variable: TensorFlow's number of its type, its shape, and its bytes."""

    dtype: int
    shape: tuple[int, ...]
    content: bytes


def variables_of(folder: Path) -> dict[str, Variable]:
    """The variables in a folder of one shard, by their keys.

    Raises:
        ValueError: the index or the data are damaged.
        OSError: a file is missing.
    """
    data = (folder / "variables.data-00000-of-00001").read_bytes()
    index = (folder / "variables.index").read_bytes()
    return {
        key.decode(errors="replace"): _variable(entry, data)
        for key, entry in _table(index)
        if key not in _NOT_VARIABLES
    }


def _variable(entry: bytes, data: bytes) -> Variable:
    values = dict(fields(entry))
    offset, size = _number(values, _OFFSET), _number(values, _SIZE)
    if offset + size > len(data):
        raise ValueError("a variable is beyond the end of the data")
    return Variable(_number(values, _DTYPE), _shape(values), data[offset : offset + size])


def _shape(values: dict[int, int | bytes]) -> tuple[int, ...]:
    """The sizes of the dimensions; a size of zero is left out of the file."""
    shape = values.get(_SHAPE, b"")
    sizes = [size for _, size in fields(shape if isinstance(shape, bytes) else b"")]
    return tuple(_number(dict(fields(size)), 1) for size in sizes if isinstance(size, bytes))


def _number(values: dict[int, int | bytes], field: int) -> int:
    value = values.get(field, 0)
    if not isinstance(value, int):
        raise ValueError(f"field {field} is no number")
    return value


def _table(index: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The entries of all blocks; the index of these blocks stands at the end."""
    at = len(index) - _FOOTER_BYTES
    if at < 0:
        raise ValueError("a table without an end")
    for _ in range(2):  # the place of the meta block, then that of the index of blocks
        place, at = _place(index, at)
    for _, value in _block(index, *place):
        yield from _block(index, *_place(value, 0)[0])


def _place(text: bytes, at: int) -> tuple[tuple[int, int], int]:
    """The offset and the size of a block, and the position after them."""
    offset, at = varint(text, at)
    size, at = varint(text, at)
    return (offset, size), at


def _block(index: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """The entries of one block; each key is stored without what it shares with the one before."""
    block = index[offset : offset + size]
    restarts = int.from_bytes(block[-4:], "little")
    end = len(block) - 4 * (restarts + 1)
    at, key = 0, b""
    while at < end:
        shared, at = varint(block, at)
        own, at = varint(block, at)
        length, at = varint(block, at)
        key = key[:shared] + block[at : at + own]
        yield key, block[at + own : at + own + length]
        at += own + length
