"""What can go wrong in a cell, and exceptions as data."""

import errno
import re
import sys
import tempfile
import traceback

#: Characters of a message that are kept, and what marks the end of a longer one.
LONGEST_MESSAGE = 20000
CUT = "\u2026[cut]"
#: Frames that are kept of the outer and of the inner end of a long traceback.
OUTER_FRAMES = 20
INNER_FRAMES = 60
#: Causes of an exception that are kept.
MOST_CAUSES = 10
#: The modules whose frames are left out: they are this project's, and not the release's.
OWN_MODULES = ("roundtrip", "runner")

MACHINE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM)


class Unsupported(Exception):
    """This release does not have the format, or the case does not apply to it."""


class Different(Exception):
    """The loaded model differs from the saved one."""

    def __init__(self, what, how):
        super(Different, self).__init__("%s: %s" % (what, how))


class NotFinite(Exception):
    """The model that the release has built computes NaN or infinity."""


class NotAnArchive(Exception):
    """The release has written something else than the archive that it was asked for."""


class BadCase(Exception):
    """The case file itself is faulty: it has no builder, say, or its builder returns no model."""


class MachineFault(Exception):
    """Memory or disk ran out, which may say nothing about the release.

    ``result`` is what the cell came to if it is the release after all; None outside a cell.
    """

    def __init__(self, message, result=None):
        super(MachineFault, self).__init__(message)
        self.result = result


class TimeLimit(BaseException):
    """The cell has reached its time limit; no ``except Exception`` can catch this."""


def with_causes(error):
    """Yield an exception and those that led to it, the nearest first and each of them once.

    As in a traceback, ``raise ... from None`` hides what came before.
    """
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        hides_context = error.__cause__ is not None or error.__suppress_context__
        error = error.__cause__ if hides_context else error.__context__


def is_of_the_machine(error):
    """Whether an exception or one of its causes is about memory or disk."""
    return any(
        isinstance(cause, MemoryError)
        or (isinstance(cause, OSError) and cause.errno in MACHINE_ERRORS)
        or "No space left on device" in text_of(cause)
        for cause in with_causes(error)
    )


def text_of(error):
    """The message of an exception, also of one that cannot be printed."""
    try:
        return str(error)
    except (Exception, SystemExit) as failure:
        return "<its __str__ raises %s>" % type(failure).__name__


def describe(error):
    """An exception as a dict: type, message, frames (module, function, line), and its causes."""
    described = describe_one(error)
    causes = [describe_one(cause) for cause in with_causes(error)][1 : MOST_CAUSES + 1]
    if causes:
        described["causes"] = causes
    return described


def describe_one(error):
    return {
        "type": type(error).__name__,
        "message": shortened(without_places(text_of(error)[: 2 * LONGEST_MESSAGE])),
        "frames": frames_of(error),
    }


def shortened(message):
    if len(message) <= LONGEST_MESSAGE:
        return message
    return message[:LONGEST_MESSAGE] + CUT


def frames_of(error):
    """Module, function and line of the frames of an exception; of very many, those at the ends."""
    frames = [
        [frame.f_globals.get("__name__", "?"), frame.f_code.co_name, line]
        for frame, line in traceback.walk_tb(error.__traceback__)
        if not is_own(frame)
    ]
    if len(frames) > OUTER_FRAMES + INNER_FRAMES:
        return frames[:OUTER_FRAMES] + frames[-INNER_FRAMES:]
    return frames


def is_own(frame):
    module = frame.f_globals.get("__name__") or ""
    return str(module).partition(".")[0] in OWN_MODULES


def without_places(text):
    """The text without terminal colours, and with words in place of this machine's folders."""
    for place, word in PLACES:
        text = text.replace(place, word)
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


PLACES = [
    (tempfile.gettempdir(), "<scratch>"),
    (sys.prefix, "<environment>"),
    (sys.base_prefix, "<python>"),
]
