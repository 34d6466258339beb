"""The command ``catalogue``, with a stand-in for the package index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.version import Version

from harness.cli import catalogue
from harness.cli.main import run_command
from harness.releases.catalogue import PACKAGES, Catalogue, Release


def releases_without(catalogue: Catalogue, package: str, version: str) -> Iterator[Release]:
    """All releases of a catalogue but one."""
    for name in PACKAGES:
        for release in catalogue.releases(name):
            if (name, release.version) != (package, Version(version)):
                yield release


def test_new_releases_are_named_and_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    new = Catalogue.load()
    old = Catalogue(releases_without(new, "keras", "3.7.0"), new.written)
    file = tmp_path / "catalogue.json"
    monkeypatch.setattr(catalogue, "CATALOGUE", file)
    monkeypatch.setattr(Catalogue, "load", lambda: old)
    monkeypatch.setattr(catalogue, "read_index", lambda: new)
    run_command(["catalogue"])
    assert capsys.readouterr().out.splitlines() == [
        "keras: 3.7.0",
        "tensorflow: nothing new",
        "tf-keras: nothing new",
    ]
    assert file.read_text(encoding="utf-8") == new.dumps()
