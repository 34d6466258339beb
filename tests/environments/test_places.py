"""Reasons that are published name no folder of the machine that found them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from harness.environments import places
from harness.environments.places import without_places
from harness.util.paths import ROOT

ENVIRONMENT = ROOT / ".nox" / "pair-x"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder, with the temporary folder of the machine beside it."""
    home = tmp_path / "me"
    monkeypatch.setattr(places, "home_folder", lambda: home)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    return home


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{environment}/bin/python3", "<environment>/bin/python3"),
        (".nox/pair-x/overrides.txt:1", "<environment>/overrides.txt:1"),
        ("in `{root}/cases`", "in `<checkout>/cases`"),
        ("{home}/.pyenv/versions", "<home>/.pyenv/versions"),
        ("({home})", "(<home>)"),
        ("{home}er/x", "{home}er/x"),
        ("{tmp}/build-1/setup.py", "<scratch>/build-1/setup.py"),
        ("{cache}/builds-v0/.tmpA1b2C3/x", "<cache>/builds-v0/.tmp/x"),
        ("see https://me:key@index.invalid:8080/simple/x", "see <host>/simple/x"),
        ("(https://index.invalid)", "(<host>)"),
        ("Because a/b depends on c<2", "Because a/b depends on c<2"),
    ],
)
def test_words_stand_for_folders_and_hosts(home: Path, text: str, reason: str) -> None:
    folders = {
        "environment": ENVIRONMENT, "root": ROOT, "home": home, "tmp": home.parent / "tmp",
        "cache": home.parent / "cache",
    }  # fmt: skip
    assert without_places(text.format(**folders), ENVIRONMENT) == reason.format(**folders)


def test_a_folder_is_known_under_both_of_its_names(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    assert without_places(f"{link}/a {real}/b", link) == "<environment>/a <environment>/b"


def test_a_home_folder_that_is_the_root_is_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "home_folder", lambda: Path("/"))
    assert without_places("/usr/bin/python and / alone") == "/usr/bin/python and / alone"
    monkeypatch.setattr(places, "home_folder", lambda: None)
    assert without_places("/usr/bin/python") == "/usr/bin/python"
