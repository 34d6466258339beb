"""The views of a run: the requested pairs and cells, along the axis in which they differ."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import pandas as pd
from packaging.version import Version

from harness.analysis.change_points import Axis
from harness.analysis.views import Tables, View, natural_title
from harness.releases.pair import Pair, releases_in_words
from harness.results.model import WHOLE_PAIR, CellKey


def asked_views(
    tables: Tables, pairs: Collection[Pair], keys: Collection[CellKey]
) -> Iterator[View]:
    """Yield views that together show these cells of these pairs, as far as they are known.

    Each view has one pair for each of its releases: Keras releases, or TensorFlow releases where
    only those differ. Where both differ, there is a view of Keras releases for each TensorFlow;
    natural pairs are in a view of their own if each Keras release has one.
    """
    for lineage, rows in _asked_rows(tables.long, pairs, keys).groupby("lineage"):
        for axis, part in _parts(rows, tables.natural_pairs):
            title = _title(tables, str(lineage), axis, part)
            yield tables.maker.view(title, str(lineage), part, axis)


def _asked_rows(
    long: pd.DataFrame, pairs: Collection[Pair], keys: Collection[CellKey]
) -> pd.DataFrame:
    """Return the rows of these cells of these pairs, and those of pairs without an environment."""
    rows = long[long["pair"].isin({pair.id for pair in pairs})]
    shown = {*keys, WHOLE_PAIR}
    row_keys = zip(rows["case"], rows["format"].astype(object).fillna(""), strict=True)
    is_shown = [key in shown for key in row_keys]
    return rows[pd.Series(is_shown, index=rows.index, dtype=bool)]


def _parts(
    rows: pd.DataFrame, natural_pairs: Collection[str]
) -> Iterator[tuple[Axis, pd.DataFrame]]:
    """Split the rows of one lineage so that each part has one pair for each release."""
    pairs = rows.drop_duplicates("pair")
    if pairs["keras"].is_unique:
        yield "keras", rows
        return
    if pairs["keras"].nunique() == 1 and pairs["tensorflow"].is_unique:
        yield "tensorflow", rows
        return
    is_natural = rows["pair"].isin(natural_pairs)
    if set(rows["keras"]) == set(rows.loc[is_natural, "keras"]):
        yield "keras", rows[is_natural]
        rows = rows[~is_natural]
    blocks = rows.groupby(["tensorflow", "python"])
    for _, block in sorted(blocks, key=lambda item: (Version(str(item[0][0])), item[0])):
        yield "keras", block


def _title(tables: Tables, lineage: str, axis: Axis, rows: pd.DataFrame) -> str:
    """Name what a view shows: the releases along its axis, and what they are combined with."""
    if set(rows["pair"]) <= tables.natural_pairs:
        return natural_title(lineage)
    python = f"on Python {_range(rows['python'])}"
    if axis == "tensorflow":
        return f"TensorFlow releases with {lineage} {_range(rows['keras'])} {python}"
    return f"{lineage} releases with TensorFlow {_range(rows['tensorflow'])} {python}"


def _range(versions: pd.Series[str]) -> str:
    ordered = sorted(map(Version, versions.unique()))
    return releases_in_words(ordered[0], ordered[-1])
