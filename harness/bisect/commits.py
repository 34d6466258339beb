"""Commits: git's own bisection over a clone of Keras, each commit imported from a worktree."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from harness.util.errors import Fault, UsageError
from harness.util.git import run_git
from harness.util.paths import WORK
from harness.util.processes import is_alive

CLONES = WORK / "bisect" / "clones"
#: One folder for each running bisection, named by its process.
WORKTREES = WORK / "bisect" / "worktrees"
_MAIN_BRANCHES = ("origin/HEAD", "origin/master", "origin/main", "master", "main")
#: What ``git bisect`` ends with then.
_ONLY_SKIPPED_LEFT = 2

#: What a commit answers: whether it behaves as the newer side; None for no answer.
IsNew = Callable[[Path, str], bool | None]


@dataclass(frozen=True)
class Commit:
    """One commit: its name, its day and the first line of its message."""

    sha: str
    day: str
    subject: str


@dataclass(frozen=True)
class FirstCommits:
    """Where git ended: one commit; or several that cannot be told apart, for some were skipped."""

    commits: tuple[Commit, ...]
    skipped: int
    diff: str


class Clone:
    """A Keras clone that is only read; work is done in a worktree beside it."""

    def __init__(self, place: str) -> None:
        """Take a folder, or clone a URL once.

        Raises:
            UsageProblem: it is no clone of Keras.
            Fault: the URL cannot be cloned.
        """
        self.folder = Path(place).resolve() if Path(place).exists() else _cloned(place)
        shown = _without_login(place)
        if run_git(self.folder, "rev-parse", "--git-dir", check=False).returncode != 0:
            raise UsageError(f"{shown} is no git clone")
        self._main = next(filter(self._commit, _MAIN_BRANCHES), "HEAD")
        listed = run_git(self.folder, "ls-tree", "--name-only", self._main, "keras/", check=False)
        if "keras/__init__.py" not in listed.stdout.split():
            raise UsageError(f"{shown} is no clone of Keras: it has no keras/__init__.py")

    def release(self, version: str) -> str:
        """The commit of a release's tag.

        Raises:
            UsageProblem: there is no such tag.
        """
        found = self._commit(f"v{version}")
        if found is None:
            raise UsageError(f"{self.folder} has no tag v{version}; fetch its tags")
        return found

    def before(self, moment: datetime) -> str | None:
        """The last commit of the main branch before a moment."""
        arguments = ("rev-list", "-1", "--first-parent", f"--before={moment.isoformat()}")
        return run_git(self.folder, *arguments, self._main).stdout.strip() or None

    def count(self, old: str, new: str) -> int:
        """How many commits of the first-parent line lie behind ``new`` and not behind ``old``."""
        listed = run_git(self.folder, "rev-list", "--count", "--first-parent", f"{old}..{new}")
        return int(listed.stdout)

    @contextmanager
    def worktree(self) -> Iterator[Path]:
        """A worktree of its own, removed in the end; the clone's own files are never touched."""
        _sweep()
        tree = WORKTREES / str(os.getpid())
        tree.parent.mkdir(parents=True, exist_ok=True)
        run_git(self.folder, "worktree", "add", "--detach", str(tree), self._main)
        try:
            yield tree
        finally:
            _remove(tree)

    def _commit(self, name: str) -> str | None:
        return _parsed(self.folder, name)


def checked_out(tree: Path, commit: str) -> None:
    """Check a commit out in a worktree."""
    run_git(tree, "checkout", "--quiet", "--detach", "--force", commit)


def first_new_commit(tree: Path, old: str, new: str, is_new: IsNew) -> FirstCommits:
    """Let ``git bisect`` find the first commit that behaves as the newer side.

    ``is_new`` is asked with the worktree and the commit checked out in it; it was asked of both
    ends. Along first parents, where each commit is one pull request; and then inside, where that
    ends at a merge whose branch behaves as the newer side by itself.

    Raises:
        Fault: git cannot go on; both sides are on branches of their own, and what they grew out of
            behaves as the newer.
    """
    found = _bisect(tree, old, new, is_new, "--first-parent")
    merge = found.commits[0].sha
    branch = _parsed(tree, f"{merge}^2")
    if len(found.commits) > 1 or branch is None:
        return found
    if not _asked(tree, branch, is_new):
        return found
    fork = run_git(tree, "merge-base", f"{merge}^1", branch).stdout.strip()
    if _asked(tree, fork, is_new) is not False:
        return found
    inside = _bisect(tree, fork, branch, is_new)
    return replace(inside, skipped=found.skipped + inside.skipped)


def _asked(tree: Path, commit: str, is_new: IsNew) -> bool | None:
    checked_out(tree, commit)
    return is_new(tree, commit)


def _bisect(tree: Path, old: str, new: str, is_new: IsNew, *options: str) -> FirstCommits:
    run_git(tree, "bisect", "start", *options, "--term-old=old", "--term-new=new", new, old)
    skipped = 0
    try:
        while (candidates := _candidates(tree)) is None:
            verdict = is_new(tree, run_git(tree, "rev-parse", "HEAD").stdout.strip())
            skipped += verdict is None
            term = {True: "new", False: "old", None: "skip"}[verdict]
            done = run_git(tree, "bisect", term, check=False)
            if done.returncode not in (0, _ONLY_SKIPPED_LEFT):
                raise Fault(f"git bisect {term}: {(done.stderr or done.stdout).strip()}")
        found = tuple(_described(tree, commit) for commit in candidates)
        diff = _diff(tree, found[0].sha) if len(found) == 1 else ""
        return FirstCommits(found, skipped, diff)
    finally:
        run_git(tree, "bisect", "reset", "HEAD", check=False)


def _candidates(tree: Path) -> list[str] | None:
    """The commits that the log of git's bisection ends with; None while it goes on."""
    lines = run_git(tree, "bisect", "log").stdout.splitlines()
    if match := re.match(r"# first new commit: \[(\w+)\]", lines[-1]):
        return [match[1]]
    named = [re.match(r"# possible first new commit: \[(\w+)\]", line) for line in lines]
    return [match[1] for match in named if match] or None


def _parsed(folder: Path, name: str) -> str | None:
    """The commit of a name, or None where there is none."""
    found = run_git(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", check=False)
    return found.stdout.strip() or None


def _sweep() -> None:
    """Remove the worktrees of processes that were killed."""
    for tree in WORKTREES.glob("*"):
        if not is_alive(int(tree.name)):
            _remove(tree)


def _remove(tree: Path) -> None:
    run_git(tree, "worktree", "remove", "--force", str(tree), check=False)
    shutil.rmtree(tree, ignore_errors=True)


def _described(tree: Path, sha: str) -> Commit:
    shown = run_git(tree, "show", "--no-patch", "--format=%H%n%cs%n%s", sha).stdout.splitlines()
    return Commit(*shown[:3])


def _diff(tree: Path, sha: str) -> str:
    """What a commit changed in Keras, without its tests."""
    return run_git(
        tree, "show", "--format=", "--no-ext-diff", "--first-parent", sha, "--", "keras",
        ":(exclude)*_test.py", ":(exclude)keras/api",
    ).stdout  # fmt: skip


def _without_login(place: str) -> str:
    """A path or URL as it may be shown and stored."""
    return re.sub(r"(?<=://)[^/]*@", "", place)


def _cloned(url: str) -> Path:
    """A clone of a URL, made on first use and brought up to date on every other."""
    shown = _without_login(url)
    name = re.sub(r"[^\w.-]+", "+", shown.partition("://")[2] or shown)
    folder = CLONES / name
    CLONES.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        done = run_git(folder, "fetch", "--quiet", "--tags", "origin", check=False)
    else:
        partial = folder.with_name(f"{name}.part")
        shutil.rmtree(partial, ignore_errors=True)
        done = run_git(CLONES, "clone", "--quiet", "--no-checkout", url, str(partial), check=False)
        if done.returncode == 0:
            partial.replace(folder)
    if done.returncode != 0:
        raise Fault(f"{shown} cannot be cloned: {done.stderr.replace(url, shown).strip()}")
    return folder
