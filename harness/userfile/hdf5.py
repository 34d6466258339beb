"""Walks an HDF5 file without reading its arrays: shapes, attributes, and links to other files.

The parser is pyfive, written in Python. Its objects are used one by one: its own groups would
follow soft links, and refuse a whole file because of one link of an unknown kind.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pyfive.dataobjects import (
    DATA_STORAGE_MSG_TYPE,
    EXTERNAL_DATA_FILES_MSG_TYPE,
    DataObjects,
)
from pyfive.misc_low_level import SuperBlock

from harness.userfile.facts import Hazard, NotAModelFile, text_of
from harness.userfile.sections import Section

#: How many objects of a file are visited, and how deep groups are nested.
MOST_OBJECTS = 50_000
DEEPEST = 40
#: How many times its stored size a compressed dataset can unpack to: the limit of zlib.
MOST_COMPRESSION = 1032
#: Bytes that arrays may declare without storing them: too few to do any harm.
MOST_DECLARED = 1 << 20
_VIRTUAL_LAYOUT = 3
_HARD, _SOFT = 0, 1


class _Elsewhere(str):
    """The target of a link that leads to another file."""

    __slots__ = ()


class _Object(DataObjects):  # type: ignore[misc]
    """An object of a file. Links that pyfive refuses are decoded, and not followed.

    ``unread`` are the reasons why some of its attributes cannot be read.
    """

    def __init__(self, file: Section, address: int) -> None:
        super().__init__(file, address)
        self.unread: list[str] = []

    def get_attributes(self) -> dict[str, Any]:
        """The attributes that can be read."""
        try:
            attributes: dict[str, Any] = super().get_attributes()
        except Exception as error:  # a damaged file can make the parser fail in any way
            self.unread.append(f"{type(error).__name__}: {error}")
            attributes = {}
        self._cached_attributes = attributes
        return attributes

    def _parse_attribute_msg(self, buffer: bytes, offset: int) -> tuple[str, Any]:
        try:
            parsed: tuple[str, Any] = super()._parse_attribute_msg(buffer, offset)
        except Exception as error:  # as above
            self.unread.append(f"{type(error).__name__}: {error}")
            return "", None
        return parsed

    @staticmethod
    def _decode_link_msg(data: bytes, offset: int) -> tuple[int | None, tuple[str, Any]]:
        flags = data[offset + 1]
        if flags & 8 and data[offset + 2] not in (_HARD, _SOFT):
            return None, _link_out(data, offset, flags)
        decoded: tuple[int | None, tuple[str, Any]] = DataObjects._decode_link_msg(data, offset)
        return decoded


def _link_out(data: bytes, offset: int, flags: int) -> tuple[str, _Elsewhere]:
    """Name and target of an external link, or of a link that only a plug-in can follow."""
    at = offset + 3 + (8 if flags & 4 else 0) + (1 if flags & 16 else 0)
    width = 1 << (flags & 3)
    length = int.from_bytes(data[at : at + width], "little")
    name = data[at + width : at + width + length].decode(errors="replace")
    at += width + length
    (size,) = struct.unpack_from("<H", data, at)
    target = data[at + 2 : at + 2 + size].strip(b"\0").replace(b"\0", b":")
    return name, _Elsewhere(target.decode(errors="replace"))


@dataclass(frozen=True)
class Dataset:
    """An array in the file, by its path, with its shape and the bytes that it declares."""

    path: str
    shape: tuple[int, ...]
    declared: int

    @property
    def values(self) -> int:
        """The number of its values."""
        return math.prod(self.shape)


@dataclass
class HDF5Tree:
    """All that a file holds except its arrays.

    ``size`` is in bytes, and ``left_out`` the number of objects that were not visited.
    """

    size: int
    datasets: list[Dataset] = field(default_factory=list)
    groups: dict[str, _Object] = field(default_factory=dict)
    hazards: list[Hazard] = field(default_factory=list)
    left_out: int = 0

    _empty: ClassVar[Mapping[str, Any]] = {}

    def attributes(self, path: str) -> Mapping[str, Any]:
        """The attributes of a group; none if there is no such group."""
        found = self.groups.get(path)
        attributes: Mapping[str, Any] = found.get_attributes() if found else self._empty
        return attributes

    def text(self, path: str, name: str) -> str:
        """An attribute as text of any length; empty if there is none."""
        value = self.attributes(path).get(name, "")
        return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def read_tree(file: Section) -> HDF5Tree:
    """Walk a file.

    Raises:
        NotAModelFile: it is cut short, or no object of it can be read.
    """
    tree = HDF5Tree(file.length)
    try:
        block = SuperBlock(file, 0)
        end = int(block._contents.get("end_of_file_address", 0))
        root = block.offset_to_dataobjects
    except Exception as error:  # as above
        raise NotAModelFile("a damaged HDF5 file: its first block cannot be read") from error
    if end > file.length:
        raise NotAModelFile(
            f"an HDF5 file that is cut short: it has {file.length:,} of {end:,} bytes"
        )
    _Walk(file, tree).visit(root)
    if not tree.groups:
        raise NotAModelFile("a damaged HDF5 file: its root cannot be read")
    _check_declared(tree)
    return tree


class _Walk:
    """Visits each object once, by its address, so that cycles of hard links do not matter."""

    def __init__(self, file: Section, tree: HDF5Tree) -> None:
        self._file = file
        self._tree = tree
        self._seen: set[int] = set()

    def visit(self, root: int) -> None:
        """Visit all objects that hard links reach."""
        waiting = [("", root)]
        while waiting:
            path, address = waiting.pop()
            if address in self._seen:
                continue
            if len(self._seen) >= MOST_OBJECTS or path.count("/") > DEEPEST:
                self._tree.left_out += 1
                continue
            self._seen.add(address)
            waiting += reversed(list(self._members(path, address)))

    def _members(self, path: str, address: int) -> Iterator[tuple[str, int]]:
        """Record an object, and yield the objects in it; what is damaged becomes a hazard."""
        try:
            found = _Object(self._file, address)
            if found.is_dataset:
                self._take_dataset(path, found)
                return
            self._tree.groups[path] = found
            found.get_attributes()
            for reason in found.unread:
                self._add_hazard("damaged", path or "/", f"an attribute, {reason}")
            for name, target in found.iter_links():
                place = f"{path}/{name}".lstrip("/")
                if isinstance(target, _Elsewhere):
                    self._add_hazard("external-link", place, target)
                elif isinstance(target, str):
                    self._add_hazard("soft-link", place, target)
                else:
                    yield place, target
        except Exception as error:  # a damaged object can make the parser fail in any way
            self._add_hazard("damaged", path or "/", f"{type(error).__name__}: {error}")

    def _take_dataset(self, path: str, found: _Object) -> None:
        shape = tuple(int(length) for length in found.shape)
        itemsize = found.ptype.dtype.itemsize
        self._tree.datasets.append(Dataset(path, shape, math.prod(shape) * itemsize))
        if found.find_msg_type(EXTERNAL_DATA_FILES_MSG_TYPE):
            self._add_hazard("external-storage", path, "")
        if found.find_msg_type(DATA_STORAGE_MSG_TYPE):
            _, layout, _ = found.get_id_storage_params()
            if layout == _VIRTUAL_LAYOUT:
                self._add_hazard("virtual-dataset", path, "")
        is_packed = found.filter_pipeline is not None
        most = self._tree.size * (MOST_COMPRESSION if is_packed else 1)
        declared = self._tree.datasets[-1].declared
        if declared > max(most, MOST_DECLARED):
            self._add_hazard(
                "declared-size", path, f"{declared:,} bytes, in a file of {self._tree.size:,}"
            )

    def _add_hazard(self, kind: str, where: str, what: str) -> None:
        self._tree.hazards.append(Hazard(kind, text_of(where), text_of(what)))


def _check_declared(tree: HDF5Tree) -> None:
    """Add a hazard if the arrays together declare more than a file of this size can hold."""
    total = sum(dataset.declared for dataset in tree.datasets)
    told = any(hazard.kind == "declared-size" for hazard in tree.hazards)
    if total > max(tree.size * MOST_COMPRESSION, MOST_DECLARED) and not told:
        what = f"{total:,} bytes together, in a file of {tree.size:,}"
        tree.hazards.append(Hazard("declared-size", "/", what))
