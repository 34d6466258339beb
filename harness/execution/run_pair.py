"""Runs the requested cells of one pair in its environment, and stores them as they finish.

In this order: read the stored result, find the missing cells, make the environment, start processes
that run the cells, write the result.
"""

from __future__ import annotations

from harness.environments.builder import Environment, EnvironmentBuilder
from harness.environments.interpreters import NoEnvironment
from harness.execution.cases import all_cases, code_digests
from harness.execution.digests import pair_digest
from harness.execution.events import Stage
from harness.execution.pair_processes import OnEvent, PairProcesses
from harness.execution.request import ONLY_THIS_WHEEL, CellRequest, Request
from harness.releases.pair import Pair
from harness.results import store
from harness.results.model import Result, environment_key
from harness.util.errors import Fault


def run_pair(
    pair: Pair, builder: EnvironmentBuilder, request: Request, on_event: OnEvent
) -> Result:
    """Run the requested cells that are not known yet, and return everything known about the pair.

    Only one caller at a time runs a pair: a second one waits, and then finds the cells known.

    Raises:
        Fault: something outside the releases failed; the cells finished before that are stored.
    """
    before_waiting = store.read_or_empty(pair, request.folder)
    with store.lock(pair):
        result = store.read_or_empty(pair, request.folder)
        missing = _still_missing(request, before_waiting, result)
        if not missing:
            return result
        on_event(Stage("installing"))
        try:
            environment = builder.make(pair, request.wheel)
        except NoEnvironment as reason:
            _store_pair_outcome(reason, result, request)
        else:
            missing = _adopt_environment(environment, result, request, missing)
            PairProcesses(environment, result, request, on_event).run(missing)
        finally:
            if request.prune:
                builder.remove(pair)
        return result


def _still_missing(request: Request, before_waiting: Result, result: Result) -> list[CellRequest]:
    """The missing cells; of those to run again, not those that were made during the wait."""
    unknown = request.unknown_in(result)
    return [
        cell
        for cell in request.missing_from(result)
        if cell in unknown or result.cells.get(cell.key) == before_waiting.cells.get(cell.key)
    ]


def _store_pair_outcome(reason: NoEnvironment, result: Result, request: Request) -> None:
    """Store that the pair has no environment.

    Raises:
        Fault: cells of the pair are known, so it had an environment before.
    """
    if result.cells:
        raise Fault(str(reason)) from reason
    result.outcome, result.reason = reason.outcome, str(reason)
    result.environment = {}
    if request.wheel:
        result.environment = {"wheel": request.wheel, ONLY_THIS_WHEEL: True}
    result.digest = pair_digest()
    store.write(result, request.folder)


def _adopt_environment(
    environment: Environment, result: Result, request: Request, missing: list[CellRequest]
) -> list[CellRequest]:
    """Copy the environment's facts into the result, and return the cells that have to be run.

    Cells that another environment made must not be mixed with new ones, so they are run again.

    Raises:
        Fault: some of those cells are still valid, not requested, and would be lost.
    """
    if result.cells and environment_key(environment.facts) != result.environment_key:
        digests = code_digests(all_cases())
        valid = {key for key, cell in result.cells.items() if not digests.has_replaced(cell)}
        lost = valid - {cell.key for cell in request.cells}
        if lost:
            raise Fault(
                f"{result.pair.id} is known from another environment; run all of its cells, or "
                f"move its result file away ({len(lost)} cells would be lost)"
            )
        result.cells.clear()
        missing = request.cells
    result.environment = {**result.environment, **environment.facts}
    result.environment.pop(ONLY_THIS_WHEEL, None)
    result.outcome = result.reason = result.digest = ""
    return missing
