"""The page about issue 20307, in English and in Chinese: which releases, which advice, which way.

Many who search for this error read Chinese, and find Chinese articles. What the two pages say about
releases is looked up in the results each time that they are made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.version import Version

from harness.analysis.change_points import Span, histories, spans_of
from harness.execution.cross_sample import HEADLINE_CASE
from harness.releases.pair_rules import KERAS_3
from harness.report.site.content import SiteContent
from harness.report.site.rendering import render
from harness.results.model import CellKey
from harness.results.signatures import Signature

FORMAT = "keras"
#: How the message of the error begins.
ERROR = "Layer node index out of bounds"
#: The languages of the page with its paths, and the template of each.
PATHS = {"en": "issue-20307.html", "zh": "issue-20307.zh.html"}

History = Mapping[Version, Signature]


@dataclass(frozen=True)
class Advice:
    """A piece of advice that people give for the error, with the cell that tries it.

    ``helps`` says whether the cell passes in all releases with the error; None if that is not
    known.
    """

    name: str
    key: CellKey
    helps: bool | None
    spans: Sequence[Span]


#: What articles and answers advise, and the cell that tries it.
ADVICE = {
    "variable": ("interleaved_named_variable", FORMAT),
    "submodel": ("interleaved_submodel", FORMAT),
    "custom": ("interleaved_in_custom_layer", FORMAT),
    "subclass": ("interleaved_subclassed", FORMAT),
    "weights": (HEADLINE_CASE, "weights"),
}


def headline_pages(content: SiteContent) -> Iterator[tuple[str, str]]:
    """The path and the text of the page in each language; none where the case has no results."""
    natural = content.tables.natural.get("keras")
    known = {} if natural is None else histories(natural.frame)
    history = _of_keras_3(known.get((HEADLINE_CASE, FORMAT), {}))
    affected = [
        version for version, signature in history.items() if signature.message.startswith(ERROR)
    ]
    if not affected:
        return
    later = {version: history[version].outcome for version in history if version > max(affected)}
    is_fixed = set(later.values()) == {"pass"}
    advice = [
        advice_from(name, key, known[key], affected) for name, key in ADVICE.items() if key in known
    ]
    for language, path in PATHS.items():
        yield (
            path,
            render(
                f"issue_20307.{language}.html",
                path,
                case=HEADLINE_CASE,
                first=min(affected),
                last=max(affected),
                message=history[max(affected)].message,
                exception=history[max(affected)].type,
                fixed=min(later) if is_fixed else None,
                spans=spans_of(history),
                advice=advice,
                other=PATHS["zh" if language == "en" else "en"],
            ),
        )


def _of_keras_3(history: History) -> dict[Version, Signature]:
    return {version: history[version] for version in sorted(history) if version >= KERAS_3}


def advice_from(name: str, key: CellKey, history: History, affected: Sequence[Version]) -> Advice:
    """A piece of advice, judged by a cell in the affected releases."""
    outcomes = {history[version].outcome for version in affected if version in history}
    helps = outcomes == {"pass"} if len(history.keys() & set(affected)) == len(affected) else None
    return Advice(name, key, helps, spans_of(_of_keras_3(history)))
