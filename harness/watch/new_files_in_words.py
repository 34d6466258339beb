"""How other releases read the files of a new release, in sentences."""

from __future__ import annotations

from harness.exchange.ledger.compare import UnacceptedKeys
from harness.releases.pair import Pair
from harness.report.ledger_text import keys_in_words
from harness.util.escaping import one_line, shortened
from harness.watch.new_files import ReaderOfNewFiles, Refusal
from harness.watch.news import WatchItem
from harness.watch.summary import LONGEST_TEXT, cells_in_words

#: The most classes with a key that are named.
MOST_OWNERS = 4


def reader_in_words(reader: ReaderOfNewFiles, item: WatchItem) -> str:
    """How many of the new files a release reads, and how many of the baseline's."""
    name = _name(reader.reader)
    text = f"{name} reads {_share(reader.read, reader.files)} of {item.name}"
    if item.baseline is None or not reader.files_before:
        return text
    before = _share(reader.read_before, reader.files_before)
    owner = "of its own" if reader.reader == item.baseline else f"of {_name(item.baseline)}"
    return f"{text}; {before} {owner}"


def refusal_in_words(refusal: Refusal) -> tuple[str, str]:
    """The files that are refused, and the reason."""
    signature = refusal.signature
    reason = f"{signature.label}: {signature.message}" if signature.message else signature.label
    return cells_in_words(refusal.files), shortened(one_line(reason), LONGEST_TEXT)


def ledger_in_words(keys: UnacceptedKeys) -> str:
    """The line of the ledger: keys that are written and not accepted, and the owners of them."""
    owners, rest = keys.owners[:MOST_OWNERS], len(keys.owners) - MOST_OWNERS
    more = f" and {rest} more" if rest > 0 else ""
    return f"{keys_in_words(keys)}, written by {', '.join(owners)}{more}"


def _name(pair: Pair) -> str:
    return f"{pair.lineage} {pair.keras}"


def _share(part: int, whole: int) -> str:
    if whole == 1:
        return "1 file" if part else "0 of 1 file"
    return f"all {whole} files" if part == whole else f"{part} of {whole} files"
