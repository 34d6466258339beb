"""Writes small HDF5 files, also such as no library would write: links out, sizes of terabytes.

The layout is the oldest one, without checksums: a superblock of version 0, object headers of
version 1 with link messages, contiguous datasets. h5py reads what it writes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

UNDEFINED = 0xFFFFFFFFFFFFFFFF
SUPERBLOCK_BYTES = 96
FLOAT32 = struct.pack("<B3BIHHBBBBI", 0x11, 0x20, 31, 0, 4, 0, 32, 23, 8, 0, 23, 127)


@dataclass(frozen=True)
class Array:
    """A dataset of float32 zeros; ``stored`` says whether its bytes are in the file.

    ``external`` is the file that holds its bytes instead. A virtual one is made of other datasets.
    """

    shape: tuple[int, ...]
    stored: bool = True
    external: str = ""
    virtual: bool = False


@dataclass(frozen=True)
class External:
    """A link to an object in another file."""

    file: str
    path: str


@dataclass(frozen=True)
class Soft:
    """A soft link."""

    path: str


@dataclass(frozen=True)
class Up:
    """A hard link to the root, which makes a cycle."""


Member = Array | External | Soft | Up | Mapping[str, "Member"]


@dataclass
class _Writer:
    content: bytearray = field(default_factory=lambda: bytearray(SUPERBLOCK_BYTES))
    root: int = 0

    def put(self, content: bytes) -> int:
        """Append some bytes and return their address."""
        self.content += bytes(-len(self.content) % 8)
        address = len(self.content)
        self.content += content
        return address

    def group(self, members: Mapping[str, Member], attributes: Sequence[bytes] = ()) -> int:
        """Write a group behind its members."""
        links = [self.link(name, member) for name, member in members.items()]
        info = struct.pack("<BBQQ", 0, 0, UNDEFINED, UNDEFINED)
        group_info = struct.pack("<BB", 0, 0)
        messages = [(0x02, info), (0x0A, group_info), *((0x06, link) for link in links)]
        return self.put(header([*messages, *((0x0C, each) for each in attributes)]))

    def link(self, name: str, member: Member) -> bytes:
        """A link message; flag 8 says that the kind of link is given."""
        encoded = name.encode()
        head = struct.pack("<BBB", 1, 8, {External: 64, Soft: 1}.get(type(member), 0))
        head += bytes([len(encoded)]) + encoded
        match member:
            case External(file, path):
                target = b"\0" + file.encode() + b"\0" + path.encode() + b"\0"
                return head + struct.pack("<H", len(target)) + target
            case Soft(path):
                return head + struct.pack("<H", len(path)) + path.encode()
            case Up():
                return head + b"ROOTROOT"  # replaced once it is known
            case Array():
                return head + struct.pack("<Q", self.array(member))
        return head + struct.pack("<Q", self.group(member))

    def array(self, array: Array) -> int:
        """Write a dataset behind its bytes."""
        size = 4
        for length in array.shape:
            size *= length
        address = self.put(bytes(size)) if array.stored and not array.external else UNDEFINED
        space = struct.pack("<BBB5x", 1, len(array.shape), 0)
        space += b"".join(struct.pack("<Q", length) for length in array.shape)
        layout = struct.pack("<BBQQ", 3, 1, address, size)
        if array.virtual:
            layout = struct.pack("<BBQI", 4, 3, UNDEFINED, 0)
        messages = [(0x01, space), (0x03, FLOAT32), (0x08, layout)]
        if array.external:
            messages.append((0x07, self.external_list(array.external, size)))
        return self.put(header(messages))

    def external_list(self, file: str, size: int) -> bytes:
        """The message that names the file with the bytes of a dataset."""
        names = (b"\0" * 8 + file.encode() + b"\0").ljust(64, b"\0")
        data = self.put(names)
        heap = self.put(b"HEAP" + struct.pack("<B3xQQQ", 0, len(names), 1, data))
        return struct.pack("<B3xHHQ", 1, 1, 1, heap) + struct.pack("<QQQ", 8, 0, size)


def header(messages: Sequence[tuple[int, bytes]]) -> bytes:
    """An object header of version 1."""
    body = b""
    for kind, content in messages:
        padded = content + bytes(-len(content) % 8)
        body += struct.pack("<HHB3x", kind, len(padded), 0) + padded
    return struct.pack("<BxHII4x", 1, len(messages), 1, len(body)) + body


def text_attribute(name: str, text: str) -> bytes:
    """An attribute message with a text of fixed length."""
    value = text.encode() or b"\0"
    datatype = struct.pack("<B3BI", 0x13, 0x00, 0, 0, len(value))
    space = struct.pack("<BBB5x", 1, 0, 0)
    encoded = name.encode() + b"\0"
    head = struct.pack("<BxHHH", 1, len(encoded), len(datatype), len(space))
    parts = (encoded, datatype, space)
    return head + b"".join(part + bytes(-len(part) % 8) for part in parts) + value


def hdf5(members: Mapping[str, Member], **attributes: str) -> bytes:
    """An HDF5 file with these members and text attributes of its root."""
    writer = _Writer()
    root = writer.group(members, [text_attribute(*each) for each in attributes.items()])
    content = bytes(writer.content).replace(b"ROOTROOT", struct.pack("<Q", root))
    superblock = b"\x89HDF\r\n\x1a\n" + struct.pack("<8B", 0, 0, 0, 0, 0, 8, 8, 0)
    superblock += struct.pack("<HHI", 4, 16, 0)
    superblock += struct.pack("<QQQQ", 0, UNDEFINED, len(content), UNDEFINED)
    superblock += struct.pack("<QQII16x", 0, root, 0, 0)
    return superblock.ljust(SUPERBLOCK_BYTES, b"\0") + content[SUPERBLOCK_BYTES:]
