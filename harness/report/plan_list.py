"""What a run would do: how much of each pair is known, and what the rest would need."""

from __future__ import annotations

from rich.console import Console

from harness.environments.builder import EnvironmentBuilder
from harness.environments.wheels import default_wheel
from harness.execution.run_plan import Plan
from harness.releases.pair_rules import PairRules
from harness.util.console import print_line, print_list, print_wrapped
from harness.util.wording import counted


def print_plan(
    console: Console, plan: Plan, builder: EnvironmentBuilder, rules: PairRules, jobs: int
) -> None:
    """Print in a sentence what a run would do, then a line for each pair, and the space needed."""
    total = len(plan.missing)
    print_wrapped(console, _answer(plan))
    print_line(console, "")
    width = max((len(pair.id) for pair in plan.missing), default=0)
    sampled = bool(plan.not_planned)
    left_out = f"{'not planned':>13}" if sampled else ""
    print_line(console, f"{'pair':{width}}{'to run':>8}{left_out}  environment", style="bold")
    for pair, missing in plan.missing.items():
        left_out = f"{plan.not_planned.get(pair, 0):13,}" if sampled else ""
        to_make = "to be made" if missing else "not made"
        state = "ready" if builder.ready(pair, plan.request.wheel) else to_make
        print_line(console, f"{pair.id:{width}}{missing:8,}{left_out}  {state}")
    print_list(console, "stored results that cannot be trusted:", plan.damaged)
    download, disk = plan.space_needed(builder, jobs)
    wheels = {plan.request.wheel or default_wheel(rules.catalogue, pair) for pair in plan.missing}
    print_line(console, "")
    print_wrapped(
        console,
        f"{counted(total, 'pair')}; at most {download / 1e9:.1f} GB to download and "
        f"{disk / 1e9:.1f} GB of disk, less whatever is in uv's cache; "
        f"TensorFlow as {' or '.join(sorted(wheels))}",
    )


def _answer(plan: Plan) -> str:
    """How many cells of how many pairs would be run."""
    total, to_run = len(plan.missing), sum(plan.missing.values())
    cells = len(plan.request.cells) * total - sum(plan.not_planned.values())
    if not to_run:
        if cells == 1:
            return "Nothing would be run: the cell is known."
        these = "this pair" if total == 1 else f"these {total:,} pairs"
        return f"Nothing would be run: all {cells:,} cells of {these} are known."
    of_cells, of_pairs = counted(cells, "cell"), counted(total, "pair")
    return f"{to_run:,} of {of_cells} would be run, on {len(plan.pairs_to_run)} of {of_pairs}."
