"""The files of the data page."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from harness.report.site.content import SiteContent
from harness.report.site.data_files import SCHEMA


def test_every_cell_is_in_the_parquet_file(site: Path, content: SiteContent) -> None:
    cells = pd.read_parquet(site / "data" / "cells.parquet")
    assert list(cells.columns) == list(SCHEMA)
    assert len(cells) == sum(len(result.cells) for result in content.results)
    chosen = cells[
        (cells["case"] == "interleaved_dense") & (cells["format"] == "keras") & cells["natural"]
    ]
    outcomes = dict(zip(chosen["keras"], chosen["outcome"], strict=True))
    assert (outcomes["3.6.0"], outcomes["3.7.0"]) == ("load-error", "pass")


def test_the_json_lines_hold_the_same_cells(site: Path) -> None:
    cells = pd.read_parquet(site / "data" / "cells.parquet")
    lines = pd.read_json(site / "data" / "cells.jsonl.gz", lines=True, dtype=False)
    assert list(lines.columns) == list(SCHEMA)
    for column in ("pair", "case", "format", "outcome", "message"):
        assert lines[column].fillna("").tolist() == cells[column].astype(str).tolist()


def test_a_pair_without_an_environment_is_one_row(site_with_gaps: Path) -> None:
    cells = pd.read_parquet(site_with_gaps / "data" / "cells.parquet")
    (row,) = cells[cells["keras"] == "3.6.0"].to_dict("records")
    assert (row["outcome"], row["case"], row["note"]) == (
        "import-error",
        "",
        "No module named 'x'",
    )
