"""Git's bisection on small histories that branch and merge."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.bisect.commits import Clone, first_new_commit
from harness.util.errors import Fault


class History:
    """A clone in the making; a commit adds a file of its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch=master")
        (folder / "keras").mkdir()
        (folder / "keras" / "__init__.py").touch()

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=test", "-c", "user.email=test@example.org")
        done = subprocess.run(
            ["git", *who, "-C", str(self.folder), *arguments],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout.strip()

    def commit(self, name: str) -> str:
        (self.folder / name).touch()
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", f"--message={name}")
        return self.git("rev-parse", "HEAD")

    def first(self, old: str, new: str, *marks: str) -> list[str]:
        """The subjects of the first commits whose files include all of ``marks``."""

        def is_new(tree: Path, commit: str) -> bool | None:
            if (tree / "broken").exists() and not (tree / "mended").exists():
                return None
            return all((tree / mark).exists() for mark in marks)

        with Clone(str(self.folder)).worktree() as tree:
            found = first_new_commit(tree, old, new, is_new)
        assert len(self.git("worktree", "list").splitlines()) == 1
        assert not tree.exists()
        return [commit.subject for commit in found.commits]


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


def test_the_first_commit_of_a_line(history: History) -> None:
    old = history.commit("one")
    history.commit("two")
    history.commit("three")
    new = history.commit("four")
    assert history.first(old, new, "three") == ["three"]


def test_commits_without_an_answer_are_told(history: History) -> None:
    old = history.commit("one")
    history.commit("broken")
    history.commit("three")
    history.commit("mended")
    new = history.commit("five")
    assert set(history.first(old, new, "three")) == {"broken", "three", "mended"}


def test_a_commit_inside_a_merge(history: History) -> None:
    old = history.commit("one")
    history.git("checkout", "--quiet", "-b", "branch")
    for name in ("b1", "b2", "b3"):
        history.commit(name)
    history.git("checkout", "--quiet", "master")
    history.commit("two")
    history.git("merge", "--quiet", "--no-ff", "branch", "--message=merge")
    new = history.commit("four")
    assert history.first(old, new, "b2") == ["b2"]


def test_a_merge_that_itself_makes_the_change(history: History) -> None:
    old = history.commit("one")
    history.git("checkout", "--quiet", "-b", "branch")
    history.commit("b1")
    history.git("checkout", "--quiet", "master")
    history.commit("two")
    history.git("merge", "--quiet", "--no-ff", "branch", "--message=merge")
    new = history.commit("four")
    assert history.first(old, new, "b1", "two") == ["merge"]


def test_an_old_side_that_lost_the_behaviour_on_its_own_branch_ends(history: History) -> None:
    history.commit("mark")
    history.git("checkout", "--quiet", "-b", "release")
    history.git("rm", "--quiet", "mark")
    old = history.commit("hotfix")
    history.git("checkout", "--quiet", "master")
    new = history.commit("two")
    with pytest.raises(Fault, match="git bisect new"):
        history.first(old, new, "mark")


def test_a_login_in_a_url_is_in_no_message(tmp_path: Path) -> None:
    with pytest.raises(Fault) as fault:
        Clone(f"file://me:p@ss@{tmp_path}/absent")
    assert str(fault.value).startswith(f"file://{tmp_path}/absent cannot be cloned")
    assert "p@ss" not in str(fault.value)


def test_a_killed_worktree_is_swept_and_others_are_let_be(history: History, tmp_path: Path) -> None:
    commit = history.commit("one")
    history.git("worktree", "add", "--detach", str(tmp_path.parent / "mine"), commit)
    with Clone(str(history.folder)).worktree():
        pass
    assert "mine" in history.git("worktree", "list")
