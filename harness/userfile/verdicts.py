"""Verdicts: how each release reads the file, judged from its attempt, and which releases agree."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.releases.pair import Pair, spans_in_words
from harness.results.messages import innermost_message, normalise
from harness.results.model import ExceptionRecord
from harness.userfile.attempts import Attempt, Read, difference
from harness.util.escaping import one_line, shortened

#: The kinds of verdicts, the best first, each with the words for it.
KINDS = {
    "same": "reads it, and computes the same",
    "read": "reads it; the outputs could not be compared",
    "weightless": "reads it, and makes new weights, as it holds none",
    "named": "reads it only with its classes in custom_objects, and computes the same",
    "uncompiled": "reads it only with compile=False, and computes the same",
    "unsafe": "reads it only without safe mode, and computes the same",
    "differs": "reads it, and computes something else",
    "no-prediction": "reads it, and cannot predict with it",
    "needs-code": "needs code that is not in it",
    "refused": "refuses it",
    "no-model": "cannot build the model of the given code",
    "unsupported": "does not know the format",
    "code-error": "cannot use the given code",
    "ended": "does not come to an end with it",
    "unknown": "is not known",
}
#: Why equal outputs do not count as the same.
NOT_FINITE = "the outputs are not finite, so that it proves nothing if they are equal"
#: The kinds of verdicts with which the file can be used.
USABLE = ("same", "named", "read", "weightless", "uncompiled", "unsafe")
LONGEST_MESSAGE = 400
#: The module that ``guest/user_code.py`` makes of the given code.
GIVEN_CODE = "own_code"


@dataclass(frozen=True)
class Verdict:
    """How a release reads the file: the kind, which is a key of `KINDS`, and details.

    ``missing`` are the file's own classes and functions whose code would be needed.
    """

    kind: str
    says: str = ""
    missing: tuple[str, ...] = ()

    @property
    def is_usable(self) -> bool:
        """Whether the file can be used with the release."""
        return self.kind in USABLE


@dataclass(frozen=True)
class Group:
    """The releases of one verdict: all that were tried, and spans of these in words.

    A span also covers the releases between tried ones that agree.
    """

    verdict: Verdict
    pairs: tuple[Pair, ...]
    spans: tuple[str, ...]


def verdict_of(
    attempt: Attempt,
    reference: Attempt | None,
    own_names: Collection[str] = (),
    *,
    has_weights: bool = True,
) -> Verdict:
    """The verdict on an attempt, whose outputs are compared with those of the reference.

    ``own_names`` are the file's own classes and functions whose code is missing. If a file has no
    weights, a release makes new ones, and only the shapes of the outputs are compared.
    """
    read = attempt.read
    if read is None:
        return Verdict("unknown", attempt.unknown) if attempt.unknown else _ended(attempt)
    if read.outcome == "load-error" and read.error is not None:
        missing = missing_code(read.error, own_names)
        if missing:
            return Verdict("needs-code", ", ".join(missing), tuple(missing))
        kind = "no-model" if _fails_in_build(read.error) else "refused"
        return Verdict(kind, error_in_words(read.error))
    if read.outcome == "predict-error" and read.predict_error is not None:
        return Verdict("no-prediction", error_in_words(read.predict_error))
    if read.outcome != "read":
        return Verdict(read.outcome if read.outcome in KINDS else "ended", read.note)
    return _compared(attempt, read, reference, own_names, has_weights=has_weights)


def _fails_in_build(error: ExceptionRecord) -> bool:
    """Whether an exception comes from ``build`` of the given code, before the file is loaded.

    A layer of that code can have a ``build``, too, but no guest calls that.
    """
    return any(
        caller[1] == "load_with" and called[:2] == [GIVEN_CODE, "build"]
        for caller, called in pairwise(error["frames"])
    )


def _ended(attempt: Attempt) -> Verdict:
    return Verdict("ended", re.sub(r"\(.*\)", "", attempt.ended).strip())


def _compared(
    attempt: Attempt,
    read: Read,
    reference: Attempt | None,
    own_names: Collection[str],
    *,
    has_weights: bool,
) -> Verdict:
    expected = reference.read if reference else None
    if read.outputs is None:
        return Verdict("read", read.note)
    if expected is None or expected.outputs is None:
        return Verdict("read", "there is nothing to compare it with")
    if read.free != expected.free:
        return Verdict("read", "it predicts only on inputs of other lengths")
    words = difference(expected.outputs, read.outputs, shapes_alone=not has_weights)
    if words and attempt is not reference:
        return Verdict("differs", words)
    if not has_weights:
        return _weightless(read)
    return _same(read, own_names) if expected.finite else Verdict("read", NOT_FINITE)


def _same(read: Read, own_names: Collection[str]) -> Verdict:
    """The verdict on outputs that are those of the reference."""
    if not read.needs:
        return Verdict("same")
    kind = "unsafe" if read.unsafe else "uncompiled" if read.uncompiled else "named"
    if read.error is None:
        return Verdict(kind)
    missing = missing_code(read.error, own_names)
    says = f"needs {', '.join(missing)}" if missing else error_in_words(read.error)
    return Verdict(kind, says, tuple(missing))


def _weightless(read: Read) -> Verdict:
    return Verdict("weightless", "its own classes are in custom_objects" if read.named else "")


def error_in_words(error: ExceptionRecord) -> str:
    """An exception in one line, which is the same for the same behaviour."""
    message = one_line(innermost_message(normalise(error["message"])))
    return shortened(f"{one_line(error['type'])}: {message}", LONGEST_MESSAGE)


def missing_code(error: ExceptionRecord, own_names: Collection[str]) -> list[str]:
    """The names among ``own_names`` that an exception or one of its causes mentions."""
    causes = error.get("causes", ())
    text = " ".join([str(error["message"]), *(str(each.get("message")) for each in causes)])
    return sorted(name for name in own_names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text))


# ---------------------------------------------------------------- groups


def grouped(pairs: Sequence[Pair], verdicts: Mapping[Pair, Verdict]) -> list[Group]:
    """The releases by their verdicts, the most usable first; ``pairs`` are in their order."""
    tried = [pair for pair in pairs if pair in verdicts]
    by_verdict: dict[Verdict, list[Pair]] = {}
    for pair in tried:
        by_verdict.setdefault(verdicts[pair], []).append(pair)
    order = list(KINDS)
    groups = [
        Group(verdict, tuple(members), tuple(spans_in_words(members, tried)))
        for verdict, members in by_verdict.items()
    ]
    return sorted(groups, key=lambda group: (order.index(group.verdict.kind), group.pairs))


def are_assumed(pairs: Sequence[Pair], verdicts: Mapping[Pair, Verdict]) -> bool:
    """Whether releases between two that agree were not tried; ``pairs`` are in their order."""
    tried = [place for place, pair in enumerate(pairs) if pair in verdicts]
    return any(
        right - left > 1
        and pairs[left].lineage == pairs[right].lineage
        and verdicts[pairs[left]] == verdicts[pairs[right]]
        for left, right in pairwise(tried)
    )
