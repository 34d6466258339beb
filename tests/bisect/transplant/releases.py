"""Releases of an invented package, and an oracle that really imports what is laid out."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path

from harness.bisect.observation import Observation
from harness.bisect.transplant.graft import Graft, Part
from harness.bisect.transplant.overlay import Overlay
from harness.bisect.transplant.package import Package
from harness.releases.pair import Pair
from harness.results.model import Cell, ExceptionRecord

PAIR = Pair.parse("keras-3.6.0_tensorflow-2.17.0_py3.11")


def release(folder: Path, version: str, files: Mapping[str, str]) -> Package:
    """The release of a package ``pkg`` with these files, named relative to the package."""
    root = folder / f"pkg-{version}"
    for name, text in {"__init__.py": "", **files}.items():
        path = root / "pkg" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Package(root, "pkg")


def graft(folder: Path, old: Mapping[str, str], new: Mapping[str, str]) -> Graft:
    """Two releases of the package."""
    return Graft(release(folder, "1", old), release(folder, "2", new))


def part(name: str, file: str = "a.py") -> Part:
    return Part(f"pkg/{file}", name)


class ImportingOracle:
    """Imports ``pkg.main`` of an overlay, calls ``main()``, and says what came out of it.

    What ``main`` returns is the outcome; an exception there is an error, and one at import is no
    result. The functions that are called are recorded with a profile function, as in a real run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.overlays: list[Overlay] = []

    def run(self, overlay: Overlay, is_traced: bool = False) -> Observation:
        self.overlays.append(overlay)
        root = self.folder / f"overlay-{len(self.overlays)}"
        root.mkdir()
        overlay.write_to(root)
        executed: dict[str, None] = {}

        def profile(frame: object, event: str, _: object) -> None:
            code = getattr(frame, "f_code", None)
            if event == "call" and code and code.co_filename.startswith(f"{root}/"):
                executed[f"{code.co_filename[len(str(root)) + 1 :]}:{code.co_firstlineno}"] = None

        sys.path.insert(0, str(root))
        importlib.invalidate_caches()
        try:
            main = importlib.import_module("pkg.main").main
            sys.setprofile(profile if is_traced else None)
            cell = Cell("case", "keras", str(main()), "digest")
        except ImportError as error:
            return Observation(PAIR, reason=str(error))
        except Exception as error:
            cell = Cell("case", "keras", "load-error", "digest", error=_record(error))
        finally:
            sys.setprofile(None)
            sys.path.remove(str(root))
            for name in [name for name in sys.modules if name.split(".")[0] == "pkg"]:
                del sys.modules[name]
        return Observation(PAIR, cell, executed=tuple(executed) if is_traced else ())

    def is_newer(self, seen: Observation) -> bool | None:
        """``pass`` is the newer behaviour, and an error with the message ``old`` the older."""
        if seen.cell is None:
            return None
        return {"pass": True, "load-error": False}.get(seen.cell.outcome)


def _record(error: Exception) -> ExceptionRecord:
    frames: list[list[object]] = []
    trace = error.__traceback__
    while trace:
        name = trace.tb_frame.f_globals.get("__name__", "?")
        frames.append([name, trace.tb_frame.f_code.co_name, trace.tb_lineno])
        trace = trace.tb_next
    return {"type": type(error).__name__, "message": str(error), "frames": frames[1:]}
