"""The choice of case folders: one value for one choice, however it was typed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.util.own_cases import CASES_VARIABLE, LIBRARY, as_choice, chosen_folders, name_of


def test_a_choice_does_not_depend_on_order_repetition_or_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models").mkdir()
    monkeypatch.chdir(tmp_path)
    whole = as_choice([LIBRARY, str(tmp_path / "models")])
    assert as_choice(["models", LIBRARY, "./models"]) == whole
    assert set(whole.split(os.pathsep)) == {LIBRARY, str(tmp_path / "models")}


def test_without_a_choice_the_library_alone_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(CASES_VARIABLE, raising=False)
    assert chosen_folders(tmp_path) == [tmp_path]
    monkeypatch.setenv(CASES_VARIABLE, as_choice([LIBRARY, str(tmp_path / "own")]))
    assert set(chosen_folders(tmp_path)) == {tmp_path, tmp_path / "own"}


def test_choices_with_folders_of_one_name_have_names_of_their_own() -> None:
    names = [name_of([Path("/one/models")]), name_of([Path("/other/models")])]
    assert len(set(names)) == 2
    assert all(name.startswith("models-") for name in names)
