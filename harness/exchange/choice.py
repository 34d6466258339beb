"""Which saved files a release is asked to read, where these are not the same for every release."""

from enum import StrEnum


class Choice(StrEnum):
    """How the files of a reader are chosen; the value is the option of a ``pair`` session."""

    #: Those of which nothing can be inferred from other readers, and its neighbours' files.
    UNDECIDED = "undecided"
    #: Its own files, and those of the releases before and after it.
    NEIGHBOURS = "neighbours"
