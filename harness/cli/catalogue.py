"""The command ``catalogue``: updates the known releases from the package index."""

from __future__ import annotations

import click

from harness.releases.catalogue import Catalogue
from harness.releases.pypi import read_index
from harness.util.files import write_atomically
from harness.util.paths import CATALOGUE


@click.command("catalogue")
def command() -> None:
    """Ask the package index for all releases, and rewrite the catalogue."""
    old, new = Catalogue.load(), read_index()
    write_atomically(CATALOGUE, new.dumps())
    for package in ("keras", "tensorflow", "tf-keras"):
        known = {release.version for release in old.releases(package)}
        added = [
            str(release.version)
            for release in new.releases(package)
            if release.version not in known
        ]
        click.echo(f"{package}: {', '.join(added) or 'nothing new'}")
