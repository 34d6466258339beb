"""Builds the site: every page and file, into a folder that holds nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

from harness.analysis.histories import BOUNDARY_COLUMNS, FLAKY_COLUMNS, boundary_lines, flaky_lines
from harness.report.site.badge import badge_files
from harness.report.site.case_pages import case_pages
from harness.report.site.data import data_script
from harness.report.site.downloads import SCHEMA, data_files
from harness.report.site.feed import feed
from harness.report.site.front import front_page
from harness.report.site.grid_page import grid_page
from harness.report.site.heat import Numbers, heat
from harness.report.site.pair_pages import pair_pages
from harness.report.site.release_pages import release_pages
from harness.report.site.source import Source, render
from harness.report.site.standing import release_summaries
from harness.util.paths import SITE

Stage = Callable[[str], None]


def build_site(source: Source, folder: Path = SITE, stage: Stage = lambda said: None) -> Path:
    """Make the site anew beside the old one and put it in its place; return the first page.

    ``stage`` is told what is being made.
    """
    partial = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    for path, content in site_files(source, stage):
        file = partial / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)
    return folder / "index.html"


def site_files(source: Source, stage: Stage) -> Iterator[tuple[str, bytes]]:
    """Path and content of every file of the site; the same source gives the same bytes."""
    for path, text in _pages(source, stage):
        yield path, text.encode()
    stage("data")
    yield from data_files(source).items()
    for asset in (files("harness.report.site") / "assets").iterdir():
        yield f"assets/{asset.name}", asset.read_bytes()


def _pages(source: Source, stage: Stage) -> Iterator[tuple[str, str]]:
    stage("tables")
    numbers = Numbers()
    views = source.made.shown
    heats = [heat(view, numbers) for view in views]
    stands = {view.lineage: release_summaries(source, view) for view in views}
    newest = [each[-1] for each in stands.values()]
    yield "index.html", front_page(source, newest, heats)
    yield "data.js", data_script(source, numbers)
    yield grid_page(source)
    yield "upgrade.html", render("upgrade.html", "upgrade.html")
    yield (
        "changes.html",
        render(
            "changes.html",
            "changes.html",
            columns=BOUNDARY_COLUMNS,
            listing=[(view, boundary_lines(view.changes)) for view in views],
        ),
    )
    yield (
        "data.html",
        render(
            "data.html",
            "data.html",
            schema=SCHEMA,
            flaky=flaky_lines(source.made.long),
            flaky_columns=FLAKY_COLUMNS,
        ),
    )
    yield "changes.atom", feed(source)
    yield from badge_files(newest[0] if newest else None).items()
    stage("pages of cases and releases")
    yield from case_pages(source, heats)
    yield from release_pages(source, stands)
    stage("pages of pairs")
    yield from pair_pages(source)
