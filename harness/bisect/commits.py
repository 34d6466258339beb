"""Commits: ``git bisect`` over a clone of Keras, each commit imported from a worktree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from filelock import FileLock

from harness.util.errors import Fault, UsageError
from harness.util.git import run_git
from harness.util.paths import WORK
from harness.util.processes import is_alive

CLONES = WORK / "bisect" / "clones"
#: Holds one worktree for each running bisection, named after its process id.
WORKTREES = WORK / "bisect" / "worktrees"
_MAIN_BRANCHES = ("origin/HEAD", "origin/master", "origin/main", "master", "main")
#: The exit code of ``git bisect`` where only skipped commits are left.
_ONLY_SKIPPED_LEFT = 2

#: Whether a commit checked out in a worktree behaves like the newer side; None for no result.
IsNew = Callable[[Path, str], bool | None]


@dataclass(frozen=True)
class Commit:
    """One commit: its hash, its date and the first line of its message."""

    sha: str
    day: str
    subject: str


@dataclass(frozen=True)
class FirstCommits:
    """The first commit with the newer behaviour, or several candidates if some were skipped.

    ``diff`` is what a single commit changed in Keras; it is empty for several.
    """

    commits: tuple[Commit, ...]
    skipped: int
    diff: str


class Clone:
    """A clone of Keras that is only read; commits are checked out in a separate worktree."""

    def __init__(self, place: str) -> None:
        """Use a folder, or clone a URL the first time it is given.

        Raises:
            UsageError: it does not exist, or is not a clone of Keras.
            Fault: the URL cannot be cloned.
        """
        shown = _without_login(place)
        if ":" not in place and not Path(place).exists():
            raise UsageError(f"{shown} is neither a folder nor the URL of a clone of Keras")
        self.folder = Path(place).resolve() if Path(place).exists() else _cloned(place)
        if run_git(self.folder, "rev-parse", "--git-dir", check=False).returncode != 0:
            raise UsageError(f"{shown} is not a git clone")
        self._main = next(filter(self._commit, _MAIN_BRANCHES), "HEAD")
        listed = run_git(self.folder, "ls-tree", "--name-only", self._main, "keras/", check=False)
        if "keras/__init__.py" not in listed.stdout.split():
            raise UsageError(f"{shown} is not a clone of Keras: it has no keras/__init__.py")

    def release(self, version: str) -> str:
        """The commit of a release's tag.

        Raises:
            UsageError: the clone has no such tag.
        """
        commit = self._commit(f"v{version}")
        if commit is None:
            raise UsageError(f"{self.folder} has no tag v{version}; fetch its tags")
        return commit

    def before(self, moment: datetime) -> str | None:
        """The last commit on the main branch before a moment; None if there is none."""
        arguments = ("rev-list", "-1", "--first-parent", f"--before={moment.isoformat()}")
        return run_git(self.folder, *arguments, self._main).stdout.strip() or None

    def count(self, old: str, new: str) -> int:
        """The number of first-parent commits that ``new`` has and ``old`` lacks."""
        listed = run_git(self.folder, "rev-list", "--count", "--first-parent", f"{old}..{new}")
        return int(listed.stdout)

    @contextmanager
    def worktree(self) -> Iterator[Path]:
        """A new worktree, removed afterwards; the files of the clone itself are never touched."""
        _remove_abandoned_worktrees()
        tree = WORKTREES / str(os.getpid())
        tree.parent.mkdir(parents=True, exist_ok=True)
        run_git(self.folder, "worktree", "add", "--detach", str(tree), self._main)
        try:
            yield tree
        finally:
            _remove(tree)

    def _commit(self, name: str) -> str | None:
        return _commit_of(self.folder, name)


def check_out(tree: Path, commit: str) -> None:
    """Check a commit out in a worktree."""
    run_git(tree, "checkout", "--quiet", "--detach", "--force", commit)


def first_new_commit(tree: Path, old: str, new: str, is_new: IsNew) -> FirstCommits:
    """Let ``git bisect`` find the first commit that behaves like the newer side.

    ``is_new`` is called with the worktree and the commit that is checked out in it; ``old`` and
    ``new`` are known to show both behaviours. The search follows first parents, where each commit
    is one pull request. If it ends at a merge whose branch alone behaves like the newer side, the
    search goes on inside that branch.

    Raises:
        Fault: git cannot go on, for instance where ``old`` and ``new`` are on different branches
            and their common ancestor behaves like the newer side.
    """
    first = _bisect(tree, old, new, is_new, "--first-parent")
    merge = first.commits[0].sha
    branch = _commit_of(tree, f"{merge}^2")
    if len(first.commits) > 1 or branch is None:
        return first
    if not _is_new_at(tree, branch, is_new):
        return first
    fork = run_git(tree, "merge-base", f"{merge}^1", branch).stdout.strip()
    if _is_new_at(tree, fork, is_new) is not False:
        return first
    inside = _bisect(tree, fork, branch, is_new)
    return replace(inside, skipped=first.skipped + inside.skipped)


def _is_new_at(tree: Path, commit: str, is_new: IsNew) -> bool | None:
    check_out(tree, commit)
    return is_new(tree, commit)


def _bisect(tree: Path, old: str, new: str, is_new: IsNew, *options: str) -> FirstCommits:
    run_git(tree, "bisect", "start", *options, "--term-old=old", "--term-new=new", new, old)
    skipped = 0
    try:
        while (candidates := _candidates(tree)) is None:
            verdict = is_new(tree, run_git(tree, "rev-parse", "HEAD").stdout.strip())
            skipped += verdict is None
            term = {True: "new", False: "old", None: "skip"}[verdict]
            process = run_git(tree, "bisect", term, check=False)
            if process.returncode not in (0, _ONLY_SKIPPED_LEFT):
                raise Fault(f"git bisect {term}: {(process.stderr or process.stdout).strip()}")
        commits = tuple(_described(tree, commit) for commit in candidates)
        diff = _diff(tree, commits[0].sha) if len(commits) == 1 else ""
        return FirstCommits(commits, skipped, diff)
    finally:
        run_git(tree, "bisect", "reset", "HEAD", check=False)


def _candidates(tree: Path) -> list[str] | None:
    """The candidates in the log of a finished ``git bisect``; None while it goes on."""
    lines = run_git(tree, "bisect", "log").stdout.splitlines()
    if match := re.match(r"# first new commit: \[(\w+)\]", lines[-1]):
        return [match[1]]
    possible = [re.match(r"# possible first new commit: \[(\w+)\]", line) for line in lines]
    return [match[1] for match in possible if match] or None


def _commit_of(folder: Path, name: str) -> str | None:
    """The hash of the commit that a name stands for, or None where there is none."""
    process = run_git(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", check=False)
    return process.stdout.strip() or None


def _remove_abandoned_worktrees() -> None:
    """Remove the worktrees of processes that were killed; one may have had the id of this one."""
    for tree in WORKTREES.glob("*"):
        owner = int(tree.name)
        if owner == os.getpid() or not is_alive(owner):
            _remove(tree)


def _remove(tree: Path) -> None:
    run_git(tree, "worktree", "remove", "--force", str(tree), check=False)
    shutil.rmtree(tree, ignore_errors=True)


def _described(tree: Path, sha: str) -> Commit:
    shown = run_git(tree, "show", "--no-patch", "--format=%H%n%cs%n%s", sha).stdout.splitlines()
    return Commit(*shown[:3])


def _diff(tree: Path, sha: str) -> str:
    """What a commit changed in Keras, without tests and without the generated API files."""
    return run_git(
        tree, "show", "--format=", "--no-ext-diff", "--first-parent", sha, "--", "keras",
        ":(exclude)*_test.py", ":(exclude)keras/api",
    ).stdout  # fmt: skip


def _without_login(place: str) -> str:
    """A path or URL without user name and password, fit to be shown and stored."""
    return re.sub(r"(?<=://)[^/]*@", "", place)


def _cloned(url: str) -> Path:
    """The clone of a URL: made on first use, updated on every later one.

    Raises:
        Fault: git cannot reach the URL.
    """
    shown = _without_login(url)
    name = re.sub(r"[^\w.-]+", "+", shown.partition("://")[2] or shown)
    folder = CLONES / name
    CLONES.mkdir(parents=True, exist_ok=True)
    with FileLock(CLONES / f"{name}.lock"):
        is_update = folder.exists()
        process = _fetch(folder) if is_update else _clone(url, folder)
    if process.returncode != 0:
        failed = f"{shown} cannot be cloned"
        if is_update:
            failed = f"the clone of {shown} cannot be updated"
        raise Fault(f"{failed}: {process.stderr.replace(url, shown).strip()}")
    return folder


def _fetch(folder: Path) -> subprocess.CompletedProcess[str]:
    return run_git(folder, "fetch", "--quiet", "--tags", "origin", check=False)


def _clone(url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Clone a URL into a new folder, all of it or nothing."""
    partial = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    arguments = ("clone", "--quiet", "--no-checkout", url, str(partial))
    process = run_git(folder.parent, *arguments, check=False)
    if process.returncode == 0:
        partial.replace(folder)
    return process
