"""The Atom feed of change points: an entry for each release in which anything changed."""

from __future__ import annotations

from collections import Counter
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

from harness.analysis.change_kinds import PAIR_KINDS, ChangeKind
from harness.analysis.histories import EVERY_CASE, View
from harness.report.site.source import Source, href, release_path
from harness.util.escaping import printable

ATOM = "http://www.w3.org/2005/Atom"
MOST_ENTRIES = 50
#: Stands in the ids of feed and entries, which have to stay what they are wherever the site is.
_NAME = "keras-bisect change points"


def feed(source: Source) -> str:
    """``changes.atom``; links are relative to the feed."""
    entries = [
        entry
        for view in source.made.natural.values()
        if not view.changes.empty
        for entry in _entries(view)
    ]
    entries.sort(key=lambda entry: entry.findtext("updated") or "", reverse=True)
    root = ElementTree.Element("feed", xmlns=ATOM)
    _add(root, "title", "Keras save/load: change points")
    _add(root, "id", uuid5(NAMESPACE_URL, _NAME).urn)
    _add(root, "updated", entries[0].findtext("updated") or "" if entries else _atom_day(""))
    _add(_add(root, "author"), "name", "keras-bisect")
    _add(root, "link", rel="alternate", href="index.html")
    root.extend(entries[:MOST_ENTRIES])
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _entries(view: View) -> list[ElementTree.Element]:
    days = dict(zip(view.frame["keras"], view.frame["released"], strict=True))
    return [
        _entry(view.lineage, str(keras), days[keras], list(rows["kind"]), sorted(set(rows["case"])))
        for keras, rows in view.changes.groupby("to", sort=False)
    ]


def _entry(
    lineage: str, keras: str, day: str, kinds: list[str], cases: list[str]
) -> ElementTree.Element:
    counts = Counter(kinds)
    told = ", ".join(
        kind if kind in PAIR_KINDS else f"{counts[kind]} {kind}"
        for kind in ChangeKind
        if counts[kind]
    )
    entry = ElementTree.Element("entry")
    _add(entry, "title", f"{lineage} {keras}: {told}")
    _add(entry, "id", uuid5(NAMESPACE_URL, f"{_NAME} {lineage} {keras}").urn)
    _add(entry, "updated", _atom_day(day))
    _add(entry, "link", rel="alternate", href=href(release_path(lineage, keras)))
    _add(entry, "summary", printable("In " + ", ".join(case or EVERY_CASE for case in cases)))
    return entry


def _atom_day(day: str) -> str:
    return f"{day or '1970-01-01'}T00:00:00Z"


def _add(
    parent: ElementTree.Element, name: str, text: str = "", **attributes: str
) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, name, attributes)
    child.text = text or None
    return child
