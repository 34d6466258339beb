"""Runs of one cell in one environment, as it is or with a commit or an overlay in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.bisect.observation import Observation
from harness.bisect.transplant.overlay import Overlay
from harness.environments.builder import Environment
from harness.execution.cell_process import ImportTimeout, run_cells
from harness.execution.events import (
    BAD_CASE,
    CellFinished,
    ImportFailed,
    MachineFault,
    Ready,
    Tick,
)
from harness.execution.forkserver.pool import process_starter, run_folder
from harness.execution.guest_process import IMPORT_LIMIT
from harness.execution.pair_processes import cell_from
from harness.execution.request import Request
from harness.util.errors import Fault

#: Seconds that importing a transplant may take, after both releases have been imported as a whole.
TRANSPLANT_IMPORT_LIMIT = 60.0

TreeEvents = Iterator[Tick | Ready | ImportFailed | CellFinished | MachineFault]


def run_commit(environment: Environment, request: Request, commit: str, tree: Path) -> Observation:
    """Run the cell of a request with the Keras of a commit, checked out in ``tree``.

    Raises:
        Fault: a failure outside the commit.
    """
    pair = environment.pair
    if not (tree / "keras" / "__init__.py").is_file():
        return Observation(pair, reason="it has no keras/__init__.py", commit=commit)
    events = tree_events(environment, request, tree)
    return replace(_observed(environment, request, events), commit=commit)


def run_variant(environment: Environment, request: Request) -> Observation:
    """Run the cell of a request in an environment as it is.

    Raises:
        Fault: a failure outside the environment.
    """
    events = tree_events(environment, request, None)
    seen = _observed(environment, request, events)
    return replace(seen, installed=tuple(environment.installed))


def run_overlay(
    environment: Environment, request: Request, overlay: Overlay, *, is_traced: bool
) -> Observation:
    """Run the cell of a request with an overlay, and record what it calls if ``is_traced``.

    Raises:
        Fault: a failure outside the overlay.
    """
    with overlay.folder() as folder, TemporaryDirectory() as scratch:
        trace = Path(scratch) / "trace.txt" if is_traced else None
        import_limit = TRANSPLANT_IMPORT_LIMIT if overlay.texts else IMPORT_LIMIT
        events = tree_events(environment, request, folder, trace=trace, import_limit=import_limit)
        try:
            seen = _observed(environment, request, events)
        except ImportTimeout as timeout:
            seen = Observation(environment.pair, reason=str(timeout))
        executed = trace.read_text(encoding="utf-8") if trace and trace.exists() else ""
    return replace(
        seen,
        installed=tuple(environment.installed),
        overlay=overlay.digest,
        title=overlay.title,
        executed=tuple(executed.splitlines()),
    )


def tree_events(
    environment: Environment,
    request: Request,
    tree: Path | None,
    *,
    trace: Path | None = None,
    import_limit: float = IMPORT_LIMIT,
) -> TreeEvents:
    """The events of a run; it is repeated in a plain process if its fork server is lost.

    ``tree`` is a folder whose Keras hides the installed one, if there is one.
    """
    folder = run_folder() if request.fork_server else None
    start = process_starter(
        environment, request.cases, folder, hiding=[tree] if tree else [], for_many=True
    )
    for _ in range(2):
        yield from run_cells(
            environment,
            request.cells,
            request.limit,
            overlay=tree,
            keep=request.keep,
            trace=trace,
            import_limit=import_limit,
            start=start,
        )
        if not start.lost_server:
            return


def _observed(environment: Environment, request: Request, events: TreeEvents) -> Observation:
    """What the events of one cell say."""
    pair = environment.pair
    for event in events:
        if isinstance(event, ImportFailed):
            reason = f"import-error: {event.error['type']}: {event.error['message']}"
            return Observation(pair, reason=reason)
        if isinstance(event, MachineFault):
            raise Fault(event.message)
        if isinstance(event, CellFinished):
            if event.result.outcome == BAD_CASE:
                raise Fault(event.result.note)
            (requested,) = request.cells
            return Observation(pair, cell_from(requested, event.result, request.limit))
    raise AssertionError("a run reports either its cell or that Keras cannot be imported")
