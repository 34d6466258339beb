"""A backport: the parts of a cause as a patch for the older release, tried before it is offered."""

from __future__ import annotations

import difflib
import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.bisect.observation import Observation
from harness.bisect.transplant.cause import Cause
from harness.bisect.transplant.overlay import Overlay
from harness.bisect.transplant.package import Package
from harness.bisect.transplant.units import lines_of
from harness.util.errors import Fault
from harness.util.git import run_git

#: The text before the first file, which ``git apply`` and ``patch`` skip.
_HEAD = """\
Brings these parts of {new} to {old}. It has been tried on one case alone.
Apply it in the folder that holds the package: git apply FILE, or patch -p1 < FILE

"""
_NO_NEWLINE = "\\ No newline at end of file\n"


def patch_of(cause: Cause) -> str:
    """The parts of a cause as a patch for the older release, as ``git apply`` reads it.

    Paths are relative to the folder that the package is in, such as ``site-packages``.
    """
    lines = (
        line for file, text in cause.texts.items() for line in _file_patch(cause.old, file, text)
    )
    return "".join([_HEAD.format(old=cause.old.root.name, new=cause.new.root.name), *lines])


def try_patch(cause: Cause, patch: str, run: Callable[[Overlay], Observation]) -> Observation:
    """Apply a patch to a fresh copy of the older release, and run that.

    Raises:
        Fault: the patch does not apply, or its result is not what was tried.
    """
    old = cause.old
    digest = hashlib.sha256(patch.encode()).hexdigest()[:12]
    with TemporaryDirectory() as temporary:
        root = Path(temporary) / f"{old.root.name}+patch-{digest}"
        shutil.copytree(
            old.root / old.name, root / old.name, ignore=shutil.ignore_patterns("__pycache__")
        )
        file = Path(temporary) / "the.patch"
        file.write_text(patch, encoding="utf-8")
        run_git(root, "apply", str(file))
        patched = Package(root, old.name)
        for name, text in cause.texts.items():
            if patched.text(name) != (text or ""):
                raise Fault(f"{name} with the patch is not what was tried")
        return run(Overlay(root, old.name, title=f"{old.version} with the patch"))


def _file_patch(old: Package, file: str, text: str | None) -> Iterator[str]:
    """The lines of the patch of one file."""
    before = old.text(file) if file in old.files else None
    yield f"diff --git a/{file} b/{file}\n"
    if before is None:
        yield "new file mode 100644\n"
    if text is None:
        yield "deleted file mode 100644\n"
    diff = difflib.unified_diff(
        lines_of(before or ""),
        lines_of(text or ""),
        "/dev/null" if before is None else f"a/{file}",
        "/dev/null" if text is None else f"b/{file}",
    )
    for line in diff:
        yield line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}"
