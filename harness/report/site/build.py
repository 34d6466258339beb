"""Builds the site: every page and file, in a folder that holds nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from harness.analysis.table_rows import BOUNDARY_COLUMNS, FLAKY_COLUMNS, boundary_lines, flaky_lines
from harness.report.site import exchange_changes, exchange_page, exchange_script
from harness.report.site.badge import badge_files
from harness.report.site.case_pages import case_pages
from harness.report.site.content import CellContent, SiteContent
from harness.report.site.data_files import SCHEMA, cell_files
from harness.report.site.data_script import data_script
from harness.report.site.exchange_data import (
    EXCHANGE_CHANGES_SCHEMA,
    EXCHANGE_SCHEMA,
    exchange_files,
)
from harness.report.site.feed import feed
from harness.report.site.front_page import front_page
from harness.report.site.grid_page import grid_page
from harness.report.site.headline_page import headline_pages
from harness.report.site.heat_map import SignatureNumbers, heat_map
from harness.report.site.ledger_data import ledger_files
from harness.report.site.ledger_page import ledger_page
from harness.report.site.pair_pages import pair_pages
from harness.report.site.release_pages import release_pages
from harness.report.site.release_summary import release_summaries
from harness.report.site.rendering import render
from harness.report.tables import CHANGES_SCHEMA
from harness.util.forked import run_forked
from harness.util.paths import SITE

#: What a part of the site is made from.
Content = TypeVar("Content", bound=CellContent)
#: Makes some of the files of the site: yields the path and the content of each.
Part = Callable[[Content], Iterable[tuple[str, str | bytes]]]


def build_site(content: SiteContent, folder: Path = SITE) -> Path:
    """Build the site; return the path of the front page."""
    with new_site(folder) as new:
        write_cells(content, new)
        write_all_else(content, new)
    return folder / "index.html"


@contextmanager
def new_site(folder: Path = SITE) -> Iterator[Path]:
    """A folder for a new site, beside the old one, which it replaces if nothing is raised."""
    new = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(new, ignore_errors=True)
    yield new
    shutil.rmtree(folder, ignore_errors=True)
    new.replace(folder)


def write_cells(content: CellContent, folder: Path) -> None:
    """Write the pages and files that show nothing but cells."""
    for part in PARTS_OF_CELLS:
        _write(part, content, folder)


def write_all_else(content: SiteContent, folder: Path) -> None:
    """Write the other pages and files, in as many processes as there are processors."""
    run_forked([partial(_write, part, content, folder) for part in OTHER_PARTS])


def _write(part: Part[Content], content: Content, folder: Path) -> None:
    for path, made in part(content):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(made if isinstance(made, bytes) else made.encode())


# ---------------------------------------------------------------- the parts


def _pages_of_cells(content: SiteContent) -> Iterator[tuple[str, str]]:
    """The front page and the pages of cases and releases, which show the same histories."""
    views = content.tables.shown
    numbers = SignatureNumbers()
    heat_maps = [heat_map(view, numbers) for view in views]
    summaries = {view.lineage: release_summaries(content, view) for view in views}
    newest = [releases[-1] for releases in summaries.values()]
    headline = list(headline_pages(content))
    yield "index.html", front_page(content, newest, heat_maps, has_headline=bool(headline))
    yield from headline
    yield "data.js", data_script(content, numbers)
    yield from badge_files(newest[0] if newest else None).items()
    yield from case_pages(content, heat_maps)
    yield from release_pages(content, summaries)


def _data_of_cells(content: CellContent) -> Iterable[tuple[str, bytes]]:
    return cell_files(content).items()


def _data_of_files(content: SiteContent) -> Iterable[tuple[str, bytes]]:
    return exchange_files(content).items()


def _pages_of_files(content: SiteContent) -> Iterator[tuple[str, str]]:
    yield exchange_script.PATH, exchange_script.exchange_script(content.exchange)
    yield exchange_page.PATH, exchange_page.exchange_page(content)
    changes_page = exchange_changes.exchange_changes_page(content, exchange_page.PATH)
    yield exchange_changes.PATH, changes_page


def _maps_of_cases(content: SiteContent) -> Iterator[tuple[str, str]]:
    yield exchange_page.CASES_PATH, exchange_page.exchange_cases_page(content)


def _ledger(content: SiteContent) -> Iterator[tuple[str, str | bytes]]:
    yield ledger_page(content)
    yield from ledger_files(content.ledgers).items()


def _single_pages(content: SiteContent) -> Iterator[tuple[str, str | bytes]]:
    yield grid_page(content)
    yield "upgrade.html", render("upgrade.html", "upgrade.html")
    yield "changes.html", _changes_page(content)
    yield "data.html", _data_page(content)
    yield "changes.atom", feed(content)
    for asset in (files("harness.report.site") / "assets").iterdir():
        yield f"assets/{asset.name}", asset.read_bytes()


#: The parts of the site, of which none needs what another one makes; the longest come first.
PARTS_OF_CELLS: Sequence[Part[CellContent]] = (_data_of_cells, pair_pages)
OTHER_PARTS: Sequence[Part[SiteContent]] = (
    _data_of_files,
    _pages_of_cells,
    _maps_of_cases,
    _ledger,
    _pages_of_files,
    _single_pages,
)


def _changes_page(content: SiteContent) -> str:
    listing = [(view, boundary_lines(view.changes)) for view in content.tables.shown]
    return render("changes.html", "changes.html", columns=BOUNDARY_COLUMNS, listing=listing)


def _data_page(content: SiteContent) -> str:
    return render(
        "data.html",
        "data.html",
        schema=SCHEMA,
        exchange_schema=EXCHANGE_SCHEMA,
        changes_schema=CHANGES_SCHEMA,
        exchange_changes_schema=EXCHANGE_CHANGES_SCHEMA,
        flaky=flaky_lines(content.tables.long),
        flaky_columns=FLAKY_COLUMNS,
    )
