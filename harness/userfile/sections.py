"""A part of a file, to be read like a file of its own."""

from __future__ import annotations

import io
import os
from typing import BinaryIO


class Section(io.RawIOBase):
    """The bytes of an open file from ``start``, ``length`` of them, read where they are needed.

    A read never asks for more than there is, whatever number a damaged file gives for it.
    """

    def __init__(self, file: BinaryIO, start: int = 0, length: int | None = None) -> None:
        self._file = file
        self._start = start
        end = file.seek(0, os.SEEK_END)
        self.length = max(0, min(end - start, end if length is None else length))
        self._position = 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """Its position can be changed."""
        return True

    def tell(self) -> int:
        """The position from its beginning."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Change the position; it can lie behind the end, where nothing is read."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.length}[whence]
        self._position = max(0, base + offset)
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes, at most ``size`` of them."""
        left = max(0, self.length - self._position)
        wanted = left if size is None or size < 0 else min(size, left)
        self._file.seek(self._start + min(self._position, self.length))
        content = self._file.read(wanted)
        self._position += len(content)
        return content
