"""Git's bisection on small histories that branch and merge."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.bisect import commits
from harness.bisect.commits import Clone, first_new_commit
from harness.util.errors import Fault, UsageError


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
            first = first_new_commit(tree, old, new, is_new)
        assert len(self.git("worktree", "list").splitlines()) == 1
        assert not tree.exists()
        return [commit.subject for commit in first.commits]


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


def test_the_first_commit_of_a_line(history: History) -> None:
    old = history.commit("one")
    history.commit("two")
    history.commit("three")
    new = history.commit("four")
    assert history.first(old, new, "three") == ["three"]


def test_commits_without_a_result_stay_candidates(history: History) -> None:
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


def test_the_worktree_of_a_killed_process_is_removed_and_others_stay(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worktrees = tmp_path / "worktrees"
    monkeypatch.setattr(commits, "WORKTREES", worktrees)
    commit = history.commit("one")
    with subprocess.Popen(["true"]) as process:
        process.wait()
    killed, running = worktrees / str(process.pid), worktrees / str(os.getppid())
    for tree in (killed, running, tmp_path / "mine"):
        history.git("worktree", "add", "--detach", str(tree), commit)
    with Clone(str(history.folder)).worktree() as tree:
        listed = history.git("worktree", "list")
        assert str(tree) in listed and str(killed) not in listed
        assert not killed.exists()
    listed = history.git("worktree", "list")
    assert str(tree) not in listed and not tree.exists()
    assert str(running) in listed and (running / "one").exists()
    assert str(tmp_path / "mine") in listed


def test_the_worktree_of_a_killed_process_with_the_id_of_this_one_is_replaced(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits, "WORKTREES", tmp_path / "worktrees")
    abandoned = tmp_path / "worktrees" / str(os.getpid())
    history.git("worktree", "add", "--detach", str(abandoned), history.commit("one"))
    (abandoned / "left").touch()
    with Clone(str(history.folder)).worktree() as tree:
        assert (tree / "one").exists() and not (tree / "left").exists()


def test_a_url_can_be_cloned_by_several_at_a_time(
    history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits, "CLONES", tmp_path / "clones")
    history.commit("one")
    with ThreadPoolExecutor(3) as pool:
        clones = list(pool.map(Clone, [f"file://{history.folder}"] * 3))
    (folder,) = {clone.folder for clone in clones}
    assert folder.parent == tmp_path / "clones"
    (history.folder / ".git").rename(history.folder / "moved")
    with pytest.raises(Fault, match=r"the clone of file://.* cannot be updated: .*not appear"):
        Clone(f"file://{history.folder}")


def test_a_folder_that_is_not_a_clone_of_keras_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a git clone"):
        Clone(str(tmp_path))
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    with pytest.raises(UsageError, match="is not a clone of Keras"):
        Clone(str(tmp_path))
    with pytest.raises(UsageError, match="is neither a folder nor the URL"):
        Clone(str(tmp_path / "absent"))


def test_a_release_without_a_tag_is_refused(history: History) -> None:
    commit = history.commit("one")
    history.git("tag", "v3.6.0")
    clone = Clone(str(history.folder))
    assert clone.release("3.6.0") == commit
    with pytest.raises(UsageError, match=r"has no tag v3\.7\.0"):
        clone.release("3.7.0")
