"""Builds the site: every page and file, in a folder that holds nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

from harness.analysis.histories import BOUNDARY_COLUMNS, FLAKY_COLUMNS, boundary_lines, flaky_lines
from harness.report.site import exchange_page, exchange_script
from harness.report.site.badge import badge_files
from harness.report.site.case_pages import case_pages
from harness.report.site.content import SiteContent
from harness.report.site.data_files import SCHEMA, data_files
from harness.report.site.data_script import data_script
from harness.report.site.exchange_data import EXCHANGE_SCHEMA
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
from harness.util.paths import SITE

#: Called with the name of each stage as it begins.
OnStage = Callable[[str], None]


def _ignore_stage(stage: str) -> None:
    pass


def build_site(
    content: SiteContent, folder: Path = SITE, on_stage: OnStage = _ignore_stage
) -> Path:
    """Build the site next to the old one, then replace that; return the path of the front page."""
    partial = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    for path, file_content in site_files(content, on_stage):
        file = partial / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(file_content)
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)
    return folder / "index.html"


def site_files(content: SiteContent, on_stage: OnStage) -> Iterator[tuple[str, bytes]]:
    """The path and the bytes of every file of the site; equal content gives equal bytes."""
    for path, text in _text_files(content, on_stage):
        yield path, text.encode()
    on_stage("data")
    yield from data_files(content).items()
    yield from ledger_files(content.ledgers).items()
    for asset in (files("harness.report.site") / "assets").iterdir():
        yield f"assets/{asset.name}", asset.read_bytes()


def _text_files(content: SiteContent, on_stage: OnStage) -> Iterator[tuple[str, str]]:
    on_stage("tables")
    views = content.tables.shown
    numbers = SignatureNumbers()
    heat_maps = [heat_map(view, numbers) for view in views]
    summaries = {view.lineage: release_summaries(content, view) for view in views}
    newest = [releases[-1] for releases in summaries.values()]
    headline = list(headline_pages(content))
    yield "index.html", front_page(content, newest, heat_maps, has_headline=bool(headline))
    yield from headline
    yield "data.js", data_script(content, numbers)
    yield exchange_script.PATH, exchange_script.exchange_script(content.exchange)
    yield grid_page(content)
    yield exchange_page.PATH, exchange_page.exchange_page(content)
    yield exchange_page.CASES_PATH, exchange_page.exchange_cases_page(content)
    yield ledger_page(content)
    yield "upgrade.html", render("upgrade.html", "upgrade.html")
    yield "changes.html", _changes_page(content)
    yield "data.html", _data_page(content)
    yield "changes.atom", feed(content)
    yield from badge_files(newest[0] if newest else None).items()
    on_stage("pages of cases and releases")
    yield from case_pages(content, heat_maps)
    yield from release_pages(content, summaries)
    on_stage("pages of pairs")
    yield from pair_pages(content)


def _changes_page(content: SiteContent) -> str:
    listing = [(view, boundary_lines(view.changes)) for view in content.tables.shown]
    return render("changes.html", "changes.html", columns=BOUNDARY_COLUMNS, listing=listing)


def _data_page(content: SiteContent) -> str:
    return render(
        "data.html",
        "data.html",
        schema=SCHEMA,
        exchange_schema=EXCHANGE_SCHEMA,
        flaky=flaky_lines(content.tables.long),
        flaky_columns=FLAKY_COLUMNS,
    )
