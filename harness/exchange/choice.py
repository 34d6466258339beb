"""Which saved files a release reads, if not every release reads the same."""

from enum import StrEnum


class Choice(StrEnum):
    """How the files of a reader are chosen; the value is the option of a ``pair`` session."""

    #: The files whose reading cannot be inferred from other readers, and those of `NEIGHBOURS`.
    UNDECIDED = "undecided"
    #: Its own files, and those of the releases before and after it.
    NEIGHBOURS = "neighbours"
