"""Commits: git's own bisection over a clone of Keras, each commit imported from a worktree."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from harness.errors import Fault, UsageProblem
from harness.paths import WORK

CLONES = WORK / "bisect" / "clones"
WORKTREE = WORK / "bisect" / "worktree"

#: What a commit answers: whether it behaves as the newer side; None for no answer.
IsNew = Callable[[Path, str], bool | None]


@dataclass(frozen=True)
class Commit:
    """One commit: its name, its day and the first line of its message."""

    sha: str
    day: str
    subject: str

    @property
    def pull_request(self) -> str:
        """The number that GitHub puts at the end of a squashed subject; empty if there is none."""
        match = re.search(r"\(#(\d+)\)$", self.subject)
        return match[1] if match else ""


@dataclass(frozen=True)
class FirstCommits:
    """Where git ended: one commit; or several that cannot be told apart, for some were skipped."""

    commits: tuple[Commit, ...]
    skipped: int
    asked: int
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
        if _git(self.folder, "rev-parse", "--git-dir", check=False).returncode != 0:
            raise UsageProblem(f"{place} is no git clone")
        listed = _git(self.folder, "ls-tree", "--name-only", "HEAD", "keras/").stdout.split()
        if "keras/__init__.py" not in listed:
            raise UsageProblem(f"{place} is no clone of Keras: it has no keras/__init__.py")

    def release(self, version: str) -> str:
        """The commit of a release's tag.

        Raises:
            UsageProblem: there is no such tag.
        """
        found = self._commit(f"v{version}")
        if found is None:
            raise UsageProblem(f"{self.folder} has no tag v{version}; fetch its tags")
        return found

    def before(self, moment: datetime) -> str | None:
        """The last commit of the main branch before a moment."""
        arguments = ("rev-list", "-1", "--first-parent", f"--before={moment.isoformat()}", "HEAD")
        return _git(self.folder, *arguments).stdout.strip() or None

    def count(self, old: str, new: str) -> int:
        """How many commits of the first-parent line lie behind ``new`` and not behind ``old``."""
        listed = _git(self.folder, "rev-list", "--count", "--first-parent", f"{old}..{new}")
        return int(listed.stdout)

    @contextmanager
    def worktree(self) -> Iterator[Path]:
        """A worktree of its own, removed in the end; the clone's own files are never touched."""
        WORKTREE.parent.mkdir(parents=True, exist_ok=True)
        self._drop_worktree()
        _git(self.folder, "worktree", "add", "--detach", "--force", str(WORKTREE), "HEAD")
        try:
            yield WORKTREE
        finally:
            self._drop_worktree()

    def _drop_worktree(self) -> None:
        _git(self.folder, "worktree", "remove", "--force", str(WORKTREE), check=False)
        _git(self.folder, "worktree", "prune", check=False)

    def _commit(self, name: str) -> str | None:
        found = _git(
            self.folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", check=False
        )
        return found.stdout.strip() or None


def checked_out(tree: Path, commit: str) -> None:
    """Check a commit out in a worktree."""
    _git(tree, "checkout", "--quiet", "--detach", "--force", commit)


def first_new_commit(tree: Path, old: str, new: str, is_new: IsNew) -> FirstCommits:
    """Let ``git bisect`` find the first commit that behaves as the newer side.

    ``is_new`` is asked with the worktree and the commit checked out in it. Along first parents,
    where each commit is one pull request; and then inside, where that ends at a merge.
    """
    found = _bisect(tree, old, new, is_new, "--first-parent")
    if len(found.commits) > 1:
        return found
    merge = found.commits[0].sha
    if _git(tree, "rev-parse", "--verify", "--quiet", f"{merge}^2", check=False).returncode != 0:
        return found
    inside = _bisect(tree, f"{merge}^1", f"{merge}^2", is_new)
    return replace(inside, asked=found.asked + inside.asked, skipped=found.skipped + inside.skipped)


def _bisect(tree: Path, old: str, new: str, is_new: IsNew, *options: str) -> FirstCommits:
    _git(tree, "bisect", "start", *options, "--term-old=old", "--term-new=new", new, old)
    asked = skipped = 0
    try:
        while (candidates := _candidates(tree)) is None:
            commit = _git(tree, "rev-parse", "HEAD").stdout.strip()
            verdict = is_new(tree, commit)
            asked += 1
            skipped += verdict is None
            term = {True: "new", False: "old", None: "skip"}[verdict]
            _git(tree, "bisect", term, check=False)  # git ends with 2 when only skipped are left
        found = tuple(_described(tree, commit) for commit in candidates)
        diff = _diff(tree, found[0].sha) if len(found) == 1 else ""
        return FirstCommits(found, skipped, asked, diff)
    finally:
        _git(tree, "bisect", "reset", "HEAD", check=False)


def _candidates(tree: Path) -> list[str] | None:
    """The commits that the log of git's bisection ends with; None while it goes on."""
    lines = _git(tree, "bisect", "log").stdout.splitlines()
    if match := re.match(r"# first new commit: \[(\w+)\]", lines[-1]):
        return [match[1]]
    named = [re.match(r"# possible first new commit: \[(\w+)\]", line) for line in lines]
    return [match[1] for match in named if match] or None


def _described(tree: Path, sha: str) -> Commit:
    shown = _git(tree, "show", "--no-patch", "--format=%H%n%cs%n%s", sha).stdout.splitlines()
    return Commit(*shown[:3])


def _diff(tree: Path, sha: str) -> str:
    """What a commit changed in Keras, without its tests."""
    return _git(
        tree, "show", "--format=", "--first-parent", sha, "--", "keras",
        ":(exclude)*_test.py", ":(exclude)keras/api",
    ).stdout  # fmt: skip


def _cloned(url: str) -> Path:
    name = re.sub(r"[^\w.-]+", "+", url.partition("://")[2] or url)
    folder = CLONES / name
    if not folder.exists():
        CLONES.mkdir(parents=True, exist_ok=True)
        partial = folder.with_name(f"{name}.part")
        done = _git(CLONES, "clone", "--quiet", "--no-checkout", url, str(partial), check=False)
        if done.returncode != 0:
            raise Fault(f"{url} cannot be cloned: {done.stderr.strip()}")
        partial.replace(folder)
    return folder


def _git(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env={**os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"},
    )
    if check and done.returncode != 0:
        raise Fault(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done
