"""Git, on repositories made for the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.util.errors import Fault
from harness.util.git import run_git


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    run_git(folder, "init", "--quiet")
    run_git(folder, "config", "user.name", "Test")
    run_git(folder, "config", "user.email", "test@example.invalid")
    return folder


def commit(folder: Path) -> str:
    run_git(folder, "commit", "--quiet", "--allow-empty", "--no-gpg-sign", "-m", "first")
    return run_git(folder, "log", "--format=%s").stdout.strip()


def test_git_runs_in_the_given_folder(repository: Path) -> None:
    assert commit(repository) == "first"


def test_hooks_do_not_run(repository: Path) -> None:
    hook = repository / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    assert commit(repository) == "first"


def test_variables_of_git_have_no_effect(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody Else")
    commit(repository)
    assert run_git(repository, "log", "--format=%an").stdout.strip() == "Test"


def test_a_failure_is_a_fault_with_the_message_of_git(repository: Path) -> None:
    with pytest.raises(Fault, match=r"git rev-parse failed: fatal: .*no-such-branch"):
        run_git(repository, "rev-parse", "no-such-branch")


def test_an_unchecked_failure_is_returned(repository: Path) -> None:
    finished = run_git(repository, "rev-parse", "no-such-branch", check=False)
    assert finished.returncode != 0
    assert "no-such-branch" in finished.stderr
