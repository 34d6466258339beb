"""The exchange pages: which releases read the files of which others, by format and by case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from harness.analysis.outcomes import OUTCOME_MEANINGS
from harness.exchange.saved_files import EXCHANGED_FORMATS
from harness.exchange.table import Reason, reasons
from harness.releases.pair import spans_in_words
from harness.report.site import exchange_changes
from harness.report.site.content import SiteContent
from harness.report.site.exchange_maps import (
    PART_SKIPPED,
    CaseMaps,
    ExchangeMap,
    case_maps,
    files_counted,
    format_map,
)
from harness.report.site.rendering import render
from harness.results.model import GOOD_OUTCOMES
from harness.util.escaping import ends_of

#: Characters of a message on the page; the data files hold the whole.
LONGEST_MESSAGE = 300
#: How many reasons of a format are shown; the data files hold them all.
MOST_REASONS = 60
#: What the page says about a format.
NOTES = {
    "savedmodel": "Only Keras 2 reads this format as a model.",
    "export": "TensorFlow alone loads what model.export wrote. A column stands for the TensorFlow "
    "of its release; Keras takes no part in the reading.",
}
#: What ✓ means on the maps.
ALL_READ = "read, and the model computes what its writer computed; or refused, as it should be"
PATH = "exchange.html"
CASES_PATH = "exchange-cases.html"


class FormatSection(NamedTuple):
    """What the page shows of one format; ``more_reasons`` are in the data file only.

    ``counted`` says for each row of the map how many of the files count.
    """

    format: str
    map: ExchangeMap
    counted: Sequence[str]
    reasons: Sequence[Reason]
    more_reasons: int


def exchange_page(content: SiteContent) -> str:
    """The text of the page that has a map of each format."""
    data = content.exchange
    sections = []
    for name in EXCHANGED_FORMATS:
        found = reasons(data, name)
        shown, more = found[:MOST_REASONS], len(found[MOST_REASONS:])
        found_map = format_map(data, name)
        counted = [files_counted(data, name, row.writers.pairs) for row in found_map.rows]
        sections.append(FormatSection(name, found_map, counted, shown, more))
    measured, inferred = data.loads()
    return render(
        "exchange.html",
        PATH,
        legend=_legend(content),
        notes=NOTES,
        sections=[section for section in sections if section.map.rows],
        unread=data.unread,
        writers=data.writers,
        readers=data.readers,
        measured=measured,
        inferred=inferred,
        shown=lambda message: ends_of(message, LONGEST_MESSAGE),
        spans_in_words=spans_in_words,
        cases_path=CASES_PATH,
        changes_path=exchange_changes.PATH,
    )


def exchange_cases_page(content: SiteContent) -> str:
    """The text of the page that has the maps of the single cases."""
    maps: dict[str, Sequence[CaseMaps]] = {
        name: found for name in EXCHANGED_FORMATS if (found := case_maps(content.exchange, name))
    }
    return render(
        "exchange_cases.html", CASES_PATH, legend=_legend(content), maps=maps, exchange_path=PATH
    )


def _legend(content: SiteContent) -> dict[str, str]:
    """What the outcomes of readings mean, of those that occur."""
    found = {behaviour.outcome for behaviour in content.exchange.readings.behaviours}
    meanings = {
        outcome: meaning
        for outcome, meaning in OUTCOME_MEANINGS.items()
        if outcome in found - set(GOOD_OUTCOMES)
    }
    return {
        "pass": ALL_READ,
        **meanings,
        PART_SKIPPED: "read, except for a part that a warning names",
    }
