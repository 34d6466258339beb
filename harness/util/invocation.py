"""How a person gives a command: as a Nox session of a checkout, or to an installed wheel."""

from __future__ import annotations

import re
import shlex

from harness.util.paths import STATE

#: The words before the name of a command.
PROGRAM = "nox -s" if STATE is None else "keras-bisect"
_PAIR_SESSION = re.compile(r"pair\((.+)\)")


def command_line(session: str, *options: str) -> str:
    """The line that runs a session, such as ``bisect`` or ``pair(ID)``, with these options."""
    if STATE is None:
        return shlex.join(["nox", "-s", session, *(["--", *options] if options else [])])
    pair = _PAIR_SESSION.fullmatch(session)
    words = ["pair", pair[1]] if pair else [session]
    return shlex.join(["keras-bisect", *words, *options])
