"""The corpus: one saved file of each writer class, packed into one archive beside its index.

A writer class is the writers whose files of one case and format have one logical digest: to every
reader they are one file. The index names them all; the archive holds the file of one.
"""

from __future__ import annotations

import hashlib
import lzma
import shutil
import tarfile
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path

import msgspec
from filelock import FileLock

from harness.exchange.content.logical_digest import logical_digest
from harness.exchange.saved_files import SavedFile, content_digest
from harness.releases.pair import Pair
from harness.results.model import CellKey
from harness.util.errors import Fault
from harness.util.files import write_atomically, write_bytes_atomically
from harness.util.paths import CORPUS, WORK, from_root
from harness.util.wording import counted

SCHEMA = 1
INDEX = "index.json"
ARCHIVE = "files.tar.xz"
#: How many damaged files are listed.
MOST_DAMAGED = 10
#: Where the archive of a checkout is unpacked.
UNPACKED = WORK / "corpus"


class WriterClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The writers of one file.

    ``digest`` is its logical digest, and ``content`` a digest of the bytes that are kept. ``code``
    is the digest of the case that the writers ran. ``writers`` are ids of pairs in the order of
    their releases. The kept file is that of the oldest writer when the class was made; later
    writers do not replace it.
    """

    case: str
    format: str
    digest: str
    content: str
    code: str
    writers: tuple[str, ...]

    @property
    def path(self) -> str:
        """The folder of the file in the archive; its name is the digest."""
        return f"{self.case}/{self.format}/{self.digest}"

    @property
    def cell_key(self) -> CellKey:
        """The key of the cell of a reader that reads the file."""
        return self.case, f"{self.format}@{self.digest}"

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The writers as pairs."""
        return tuple(map(Pair.parse, self.writers))


class _Index(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema: int
    classes: tuple[WriterClass, ...]


@dataclass(frozen=True)
class Corpus:
    """The writer classes of a corpus, and the folder in which their files are unpacked.

    ``unusable`` are the classes whose file is missing or not what the index says. ``packed`` is the
    folder of the archive and its index.
    """

    classes: tuple[WriterClass, ...]
    folder: Path
    unusable: tuple[WriterClass, ...] = ()
    packed: Path = CORPUS

    @property
    def damaged(self) -> tuple[str, ...]:
        """The files that are missing or not what the index says."""
        return tuple(entry.path for entry in self.unusable)

    def folder_of(self, writer_class: WriterClass) -> Path:
        """The folder of the file of a class."""
        path = writer_class.path
        return self._folders.get(path) or self.folder / path

    @cached_property
    def _folders(self) -> dict[str, Path]:
        """The folder of each class, made once, since dozens of readers need them all."""
        return {entry.path: self.folder / entry.path for entry in self.classes}

    def is_intact(self, writer_class: WriterClass) -> bool:
        """Whether the file of a class is there, and is what the index says."""
        return _is_intact(writer_class, self.folder)

    def check_nothing_is_lost(self, written: Container[tuple[str, str, str]]) -> None:
        """Make sure that writing the corpus anew loses no file.

        ``written`` are the cases, formats and ids of writers whose files are saved anew.

        Raises:
            Fault: a damaged file is not among them.
        """
        lost = [
            entry
            for entry in self.unusable
            if any((entry.case, entry.format, writer) not in written for writer in entry.writers)
        ]
        if lost:
            raise Fault(
                f"{counted(len(lost), 'file')} of {from_root(self.packed)} would be lost, as they "
                f"are missing from {ARCHIVE} or not what {INDEX} says, so nothing is added; "
                "restore both files, or remove them to begin a new corpus"
            )

    def writers(self) -> list[Pair]:
        """All writers, in the order of their releases."""
        return sorted({pair for entry in self.classes for pair in entry.pairs})


def read_index(folder: Path = CORPUS) -> tuple[WriterClass, ...]:
    """The writer classes in the index of a folder; none where there is no index.

    Raises:
        Fault: the index is damaged.
    """
    path = folder / INDEX
    if not path.exists():
        return ()
    try:
        index = msgspec.json.decode(path.read_bytes(), type=_Index)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Fault(f"{path} cannot be trusted ({error})") from error
    if index.schema != SCHEMA:
        raise Fault(f"{path} has schema {index.schema}, expected {SCHEMA}")
    return index.classes


def open_corpus(folder: Path = CORPUS, unpacked: Path = UNPACKED, *, check: bool = True) -> Corpus:
    """Unpack the corpus of a folder if need be, and check every file against the index.

    Checking all files takes seconds. Without ``check``, callers check the few that they use. All
    corpora are unpacked in the folder ``unpacked``, each state of a corpus to a folder of its own,
    since other processes may be reading.

    Raises:
        Fault: the index is damaged, or the files cannot be written.
    """
    classes = read_index(folder)
    unpacked = unpacked / _digest_of(folder / INDEX)
    unpacked.mkdir(parents=True, exist_ok=True)
    is_there = _is_intact if check else _is_unpacked
    with FileLock(unpacked.with_suffix(".lock")):
        found = {entry for entry in classes if is_there(entry, unpacked)}
        missing = [entry for entry in classes if entry not in found]
        if missing:
            _unpack(folder / ARCHIVE, missing, unpacked)
            found.update(entry for entry in missing if is_there(entry, unpacked))
    intact = tuple(entry for entry in classes if entry in found)
    unusable = tuple(entry for entry in classes if entry not in found)
    return Corpus(intact, unpacked, unusable, folder)


def _digest_of(index: Path) -> str:
    content = index.read_bytes() if index.exists() else b""
    return hashlib.sha256(content).hexdigest()[:12]


def _is_unpacked(entry: WriterClass, unpacked: Path) -> bool:
    return (unpacked / entry.path).is_dir()


def _is_intact(entry: WriterClass, unpacked: Path) -> bool:
    folder = unpacked / entry.path
    return folder.is_dir() and content_digest(folder) == entry.content


def _unpack(archive: Path, entries: Iterable[WriterClass], unpacked: Path) -> None:
    """Put files of an archive into a folder, as far as the archive can be read.

    Callers notice by the digest what is missing. Other files in the folder are not touched.

    Raises:
        Fault: the files cannot be written.
    """
    part = unpacked.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        with suppress(FileNotFoundError, EOFError, lzma.LZMAError, tarfile.TarError):
            _extract(archive, part)
        for entry in entries:
            if (part / entry.path).is_dir():
                shutil.rmtree(unpacked / entry.path, ignore_errors=True)
                (unpacked / entry.path).parent.mkdir(parents=True, exist_ok=True)
                (part / entry.path).rename(unpacked / entry.path)
    except OSError as error:
        raise Fault(f"{archive} cannot be unpacked to {unpacked}: {error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _extract(archive: Path, folder: Path) -> None:
    with tarfile.open(archive, "r:xz") as tar:
        for member in tar:
            tar.extract(member, folder, filter="data")


def update(
    saved_files: Iterable[SavedFile],
    codes: Mapping[str, str],
    known: Corpus,
    folder: Path = CORPUS,
) -> tuple[WriterClass, ...]:
    """Add saved files to a corpus and write it, unless nothing has changed; return its classes.

    ``codes`` are the digests of all cases, by name, and ``saved_files`` are of these cases. New
    files replace those that the same writers had saved. Files that other code of their case has
    written are dropped, as are files of cases that no longer exist.

    Raises:
        Fault: damaged files of the corpus would be lost.
    """
    files: dict[tuple[str, str, str], Path] = {}
    writers: dict[tuple[str, str, str], set[str]] = {}
    written: set[tuple[str, str, str]] = set()
    for saved in sorted(saved_files, key=lambda saved: saved.writer):
        key = (saved.case, saved.format, logical_digest(saved.folder, saved.format))
        files.setdefault(key, saved.folder)
        writers.setdefault(key, set()).add(saved.writer.id)
        written.add((saved.case, saved.format, saved.writer.id))
    known.check_nothing_is_lost(written)
    for entry in known.classes:
        if entry.code != codes.get(entry.case):
            continue
        key = (entry.case, entry.format, entry.digest)
        kept = {w for w in entry.writers if (entry.case, entry.format, w) not in written}
        if kept:
            writers.setdefault(key, set()).update(kept)
            files[key] = known.folder_of(entry)
    classes = tuple(_classes(files, writers, codes))
    if classes != known.classes:
        _write(classes, files, folder)
    return classes


def _classes(
    files: Mapping[tuple[str, str, str], Path],
    writers: Mapping[tuple[str, str, str], Collection[str]],
    codes: Mapping[str, str],
) -> Iterator[WriterClass]:
    for key in sorted(files):
        case, format_name, digest = key
        ids = [pair.id for pair in sorted(map(Pair.parse, writers[key]))]
        content = content_digest(files[key])
        yield WriterClass(case, format_name, digest, content, codes[case], tuple(ids))


def _write(
    classes: Sequence[WriterClass], files: Mapping[tuple[str, str, str], Path], folder: Path
) -> None:
    """Write the archive, then the index that vouches for it."""
    buffer = BytesIO()
    with (
        lzma.open(buffer, "w", preset=9 | lzma.PRESET_EXTREME) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for entry in classes:
            source = files[entry.case, entry.format, entry.digest]
            for path in sorted(source.rglob("*")):
                if path.is_file():
                    _add(tar, f"{entry.path}/{path.relative_to(source).as_posix()}", path)
    write_bytes_atomically(folder / ARCHIVE, buffer.getvalue())
    lines = ",\n".join(msgspec.json.encode(entry).decode() for entry in classes)
    text = f'{{"schema": {SCHEMA}, "classes": [\n{lines}\n]}}\n'
    write_atomically(folder / INDEX, text)


def _add(tar: tarfile.TarFile, name: str, path: Path) -> None:
    """Add a file without its date and owner, so that the same files make the same archive."""
    content = path.read_bytes()
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, BytesIO(content))
