"""The Atom feed of change points: one entry for each release in which something changed.

A release that reads files of others differently from its predecessor has an entry for that, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import pandas as pd
from packaging.version import Version

from harness.analysis.change_kinds import ChangeKind, counted_kind
from harness.analysis.table_rows import EVERY_CASE
from harness.analysis.views import View
from harness.exchange.change_groups import ChangeGroup
from harness.report.exchange_change_text import counts_in_words, on_axis
from harness.report.site import exchange_changes
from harness.report.site.content import SiteContent
from harness.report.site.rendering import href, release_path
from harness.util.escaping import printable

ATOM = "http://www.w3.org/2005/Atom"
MOST_ENTRIES = 50
#: The ids of the feed and its entries are made from this name, so they must not depend on where
#: the site is published.
_ID_NAME = "keras-bisect change points"


@dataclass(frozen=True)
class Entry:
    """The entry of a release; ``day`` is its ISO date, empty if that is not known.

    ``role`` is ``reader`` if the entry is about reading files of other releases, and else empty.
    ``page`` is the path of the page that has the details.
    """

    lineage: str
    keras: str
    day: str
    changes: str
    cases: str
    page: str
    role: str = ""

    @property
    def subject(self) -> str:
        """What the entry is about; its id is made from this, so it must never change."""
        release = f"{self.lineage} {self.keras}"
        return f"{release} as a {self.role} of other files" if self.role else release


def feed(content: SiteContent) -> str:
    """``changes.atom``, newest release first; its links are relative to the feed."""
    entries = [entry for view in content.tables.natural.values() for entry in _entries(view)]
    entries += _reader_entries(content)
    entries.sort(key=lambda entry: _time(entry.day), reverse=True)
    root = Element("feed", xmlns=ATOM)
    _add_text(root, "title", "Keras save/load: change points")
    _add_text(root, "id", _id(_ID_NAME))
    _add_text(root, "updated", _time(entries[0].day if entries else ""))
    _add_text(SubElement(root, "author"), "name", "keras-bisect")
    SubElement(root, "link", rel="alternate", href="index.html")
    for entry in entries[:MOST_ENTRIES]:
        _add_entry(root, entry)
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _entries(view: View) -> Iterator[Entry]:
    """An entry for each release of a view in which something changed."""
    if view.changes.empty:
        return
    days = dict(zip(view.frame["keras"], view.frame["released"], strict=True))
    for keras, changes in view.changes.groupby("to", sort=False):
        cases = ", ".join(case or EVERY_CASE for case in sorted(set(changes["case"])))
        page = release_path(view.lineage, str(keras))
        yield Entry(view.lineage, str(keras), days[keras], _counts_in_words(changes), cases, page)


def _reader_entries(content: SiteContent) -> Iterator[Entry]:
    """An entry for each release that reads files differently from the one before."""
    by_reader: dict[tuple[str, Version], list[ChangeGroup]] = {}
    for group in on_axis(content.exchange_changes, "reader"):
        by_reader.setdefault((group.end.lineage, group.end.keras), []).append(group)
    for (lineage, version), groups in by_reader.items():
        keras = str(version)
        release = content.rules.catalogue.find(lineage, version)
        has_page = (lineage, keras) in content.releases
        yield Entry(
            lineage,
            keras,
            release.uploaded.date().isoformat() if release else "",
            counts_in_words(groups),
            ", ".join(sorted({point.case for group in groups for point in group.points})),
            release_path(lineage, keras) if has_page else exchange_changes.PATH,
            role="reader",
        )


def _counts_in_words(changes: pd.DataFrame) -> str:
    """How many changes of each kind there are: "2 regressions, 1 fix"."""
    counts = Counter(changes["kind"])
    return ", ".join(counted_kind(counts[kind], kind) for kind in ChangeKind if counts[kind])


def _add_entry(root: Element, entry: Entry) -> None:
    element = SubElement(root, "entry")
    _add_text(element, "title", f"{entry.subject}: {entry.changes}")
    _add_text(element, "id", _id(f"{_ID_NAME} {entry.subject}"))
    _add_text(element, "updated", _time(entry.day))
    SubElement(element, "link", rel="alternate", href=href(entry.page))
    _add_text(element, "summary", printable(f"In {entry.cases}"))


def _add_text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _id(name: str) -> str:
    return uuid5(NAMESPACE_URL, name).urn


def _time(day: str) -> str:
    return f"{day or '1970-01-01'}T00:00:00Z"
