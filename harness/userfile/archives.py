"""Opens a zip archive without unpacking it, and reports suspicious members."""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from harness.userfile.facts import Hazard, NotAModelFile, text_of
from harness.userfile.sections import Section

#: How many members an archive may have, and how many bytes of one are unpacked into memory.
MOST_MEMBERS = 10_000
MOST_UNPACKED = 48 << 20
#: A member that unpacks to more than this many bytes, and times its stored size, is a bomb.
BOMB_SIZE = 100 << 20
BOMB_RATIO = 100
#: Members by which other archives are recognised, and what these archives are.
_OTHER_ARCHIVES = (
    ("*data.pkl", "a PyTorch file: a zip archive around a pickle"),
    ("*constants.pkl", "a PyTorch file: a zip archive around a pickle"),
    ("*.npy", "NumPy arrays (.npz) without an architecture"),
    (
        "*/model.weights.h5",
        "a zip archive around the folder of an unpacked .keras archive; pack the files in it "
        "without the folder",
    ),
    ("*saved_model.pb", "a zip archive around a SavedModel; unpack it and give the folder"),
    ("*.keras", "a zip archive around model files; unpack it and give one of them"),
    ("*.h5", "a zip archive around model files; unpack it and give one of them"),
    ("[[]Content_Types].xml", "an Office document"),
    ("META-INF/*", "a Java archive"),
)
_ENCRYPTED = 0x1
_HEADER_BYTES = 30


@dataclass
class Archive:
    """An open archive. ``members`` has the last of those with one name, which loaders take, too."""

    path: Path
    file: zipfile.ZipFile
    members: dict[str, zipfile.ZipInfo]
    hazards: list[Hazard] = field(default_factory=list)

    def read(self, name: str) -> bytes:
        """The content of a member.

        Raises:
            NotAModelFile: it is too large, encrypted or damaged.
        """
        member = self.members[name]
        if member.flag_bits & _ENCRYPTED:
            raise NotAModelFile(f"a zip archive whose {name} is encrypted")
        try:
            with self.file.open(member) as stream:
                content = stream.read(MOST_UNPACKED + 1)
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError) as error:
            raise NotAModelFile(f"an archive whose {name} is damaged ({error})") from error
        except Exception as error:  # zlib.error and the like, by the method of compression
            raise NotAModelFile(f"an archive whose {name} cannot be unpacked ({error})") from error
        if len(content) > MOST_UNPACKED:
            raise NotAModelFile(
                f"an archive whose {name} unpacks to more than {MOST_UNPACKED:,} bytes"
            )
        return content

    @contextmanager
    def section(self, name: str) -> Iterator[Section | None]:
        """A member that is stored as it is, read in place; None where it is compressed.

        Raises:
            NotAModelFile: it is damaged.
        """
        member = self.members[name]
        if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & _ENCRYPTED:
            yield None
            return
        with self.path.open("rb") as file:
            file.seek(member.header_offset)
            header = file.read(_HEADER_BYTES)
            if len(header) < _HEADER_BYTES:
                raise NotAModelFile(f"an archive whose {name} is damaged (it has no header)")
            name_length, extra_length = struct.unpack_from("<HH", header, 26)
            start = member.header_offset + _HEADER_BYTES + name_length + extra_length
            yield Section(file, start, min(member.file_size, member.compress_size))


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open an archive.

    Raises:
        NotAModelFile: it is cut short, damaged, or has too many members.
    """
    try:
        file = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise NotAModelFile(
            "a zip archive that is cut short or damaged: the list of its members, which stands at "
            "its end, is missing"
        ) from error
    with file:
        if len(file.infolist()) > MOST_MEMBERS:
            raise NotAModelFile(f"a zip archive with more than {MOST_MEMBERS:,} members")
        members = {member.filename: member for member in file.infolist()}
        yield Archive(path, file, members, list(_suspicions(file.infolist())))


def what_else(names: set[str]) -> str:
    """What an archive is that holds no Keras model."""
    for pattern, words in _OTHER_ARCHIVES:
        if any(fnmatchcase(name, pattern) for name in names):
            return words
    return "a zip archive without config.json, so no Keras model"


def _suspicions(members: list[zipfile.ZipInfo]) -> Iterator[Hazard]:
    seen: set[str] = set()
    for member in members:
        name = text_of(member.filename)
        if member.filename in seen:
            yield Hazard("duplicate-member", name)
        seen.add(member.filename)
        if _leaves_folder(member.filename):
            yield Hazard("path-traversal", name)
        if member.flag_bits & _ENCRYPTED:
            yield Hazard("encrypted-member", name)
        if stat.S_ISLNK(member.external_attr >> 16):
            yield Hazard("member-link", name)
        if member.file_size > max(BOMB_SIZE, member.compress_size * BOMB_RATIO):
            yield Hazard(
                "zip-bomb", name, f"{member.file_size:,} bytes from {member.compress_size:,}"
            )
        if member.filename.endswith((".pkl", ".pickle", ".joblib")):
            yield Hazard("pickle", name)


def _leaves_folder(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in name
