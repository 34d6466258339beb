from __future__ import annotations

from dataclasses import replace
from io import StringIO

from rich.console import Console

from harness.releases.pair_rules import PairRules
from harness.report.outcome_style import style_of
from harness.watch.comparison import Comparison
from harness.watch.console import print_summary
from harness.watch.summary import WatchSummary
from tests.report.screens import SNAPSHOTS, WIDTHS, text_of
from tests.watch import samples
from tests.watch.samples import KERAS_2, KERAS_3


def printed(summary: WatchSummary) -> list[str]:
    terminal = StringIO()
    print_summary(Console(file=terminal, width=200), summary)
    return terminal.getvalue().splitlines()


def test_the_last_line_is_the_title(rules: PairRules, comparison: Comparison) -> None:
    summary = samples.summarize(rules, comparison)
    assert printed(summary)[-1] == summary.title


def test_both_pairs_are_named_and_each_change_has_its_command(
    rules: PairRules, comparison: Comparison
) -> None:
    lines = printed(samples.summarize(rules, replace(comparison, overridden=True)))
    assert lines[0].startswith("keras 3.0.0, with the TensorFlow of its day: 10 regressions")
    assert f"  {KERAS_3} compared with {KERAS_2}, cells known of both: 72" in lines
    assert "  package metadata forbids the new pair, and was overridden" in lines
    (change,) = (
        place
        for place, line in enumerate(lines)
        if "interleaved_dense (clone, json, keras)" in line
    )
    assert lines[change].startswith("  regression: ")
    assert "--case interleaved_dense " in "".join(lines[change + 1 : change + 4])


def test_outcomes_have_their_colours(rules: PairRules, comparison: Comparison) -> None:
    terminal = StringIO()
    console = Console(
        file=terminal, width=200, force_terminal=True, color_system="standard", legacy_windows=False
    )
    hang = next(change for change in comparison.differences if change.before.outcome == "timeout")
    print_summary(console, samples.summarize(rules, replace(comparison, differences=(hang,))))
    before = console.get_style(style_of("timeout")).render("timeout")
    after = console.get_style(style_of("load-error")).render("load-error ValueError")
    assert before in terminal.getvalue()
    assert after.removesuffix("\x1b[0m") in terminal.getvalue()


def test_what_is_unknown_yanked_or_stale_is_listed(
    rules: PairRules, comparison: Comparison
) -> None:
    yanked = samples.news_between(rules, "2025-03-02", "2025-03-03").yanked
    unknown = replace(comparison, differences=(), unknown=("offline",))
    lines = printed(replace(samples.summarize(rules, unknown), yanked=yanked))
    assert lines[-5:] == [
        "yanked, so not run:",
        "  tf-keras 2.20.0",
        "could not be determined:",
        "  offline",
        "keras 3.0.0: nothing changed, results incomplete",
    ]


def test_a_summary_at_two_widths(rules: PairRules, comparison: Comparison) -> None:
    some = replace(comparison, differences=comparison.differences[:4])
    summary = samples.summarize(rules, some)

    def show(console: Console) -> None:
        print_summary(console, summary)

    for width in WIDTHS:
        text = text_of(show, width)
        kept = SNAPSHOTS / f"watch-{width}.txt"
        assert text == kept.read_text(encoding="utf-8")
