"""The options of ``bisect`` that do not go together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from harness.bisect.axes import EXCHANGE_AXES, NIGHTLIES, READER, WRITER
from harness.cli.bisect_options import BisectOptions, declared_fields, long_name
from harness.releases.catalogue import NIGHTLY_PACKAGES
from harness.releases.pair import LINEAGES
from harness.results.model import SCRIPT_OUTCOMES
from harness.util.errors import UsageError


class Exclusion(NamedTuple):
    """Options that cannot be given beside another one, and the reason."""

    option: str
    excluded: tuple[str, ...]
    reason: str


#: Options are named by their fields. ``--with`` is not among what ``--replay`` and ``--no-probe``
#: exclude, although both install nothing: an added package is part of what was stored.
EXCLUSIONS = (
    Exclusion("script", ("format_name",), "a script has no formats"),
    Exclusion("script", ("publish",), "the report shows changes of cases only"),
    Exclusion("file", ("format_name",), "a file has one format"),
    Exclusion("file", ("publish",), "the report shows changes of cases only"),
    Exclusion("file", ("log", "replay", "no_probe", "rerun"), "nothing of a file is stored"),
    Exclusion("file", ("flaky",), "each release reads it once"),
    Exclusion("file", ("exit_code",), "a file has no exit status"),
    Exclusion("old", ("good", "bad"), "use either --old and --new, or --good and --bad"),
    Exclusion("new", ("good", "bad"), "use either --old and --new, or --good and --bad"),
    Exclusion("replay", ("log",), "the file already holds all results"),
    Exclusion(
        "replay",
        ("rerun", "no_probe", "jobs", "timeout", "no_fork_server"),
        "all results come from the file, and nothing is run",
    ),
    Exclusion("no_probe", ("rerun", "jobs", "no_fork_server"), "nothing is run"),
    Exclusion(
        "flaky",
        ("log", "replay", "no_probe", "rerun"),
        "it always runs releases again, and keeps its own record of trials",
    ),
    Exclusion("flaky", ("every",), "it looks for a single change"),
    Exclusion("flaky", ("publish",), "the report shows certain changes only"),
    Exclusion("flaky", ("patch",), "a patch is tried once"),
    Exclusion("flaky", ("check",), "one run of the newest release says nothing"),
)


def check_options(options: BisectOptions) -> None:
    """Refuse options that do not go together, before any work is done.

    Raises:
        UsageError: there are such options; the message says which, and why.
    """
    if problem := next(_problems(options), None):
        raise UsageError(problem)


def _problems(options: BisectOptions) -> Iterator[str]:
    """What is wrong with options, the most basic first."""
    yield from _subject_problems(options)
    yield from _excluded_options(options)
    yield from _behaviour_problems(options)
    yield from _exchange_problems(options)
    yield from _axis_problems(options)
    yield from _depth_problems(options)


def _subject_problems(options: BisectOptions) -> Iterator[str]:
    if sum(each is not None for each in (options.name, options.script, options.file)) != 1:
        yield "name a case, or give a script with --script, or a saved model with --file"
    for name in ("code", "trust"):
        if name in options.given and options.file is None:
            yield f"--{name} needs --file"


def _excluded_options(options: BisectOptions) -> Iterator[str]:
    names = {option.name: long_name(option.metadata["parameter"]) for option in declared_fields()}
    for rule in EXCLUSIONS:
        if rule.option in options.given:
            for excluded in rule.excluded:
                if excluded in options.given:
                    yield f"{names[excluded]} cannot go with {names[rule.option]}: {rule.reason}"
    for option in ("confidence", "trials"):
        if option in options.given and not options.flaky:
            yield f"{names[option]} needs --flaky: without it every release is tested once"


def _behaviour_problems(options: BisectOptions) -> Iterator[str]:
    """Descriptions of a behaviour that no run can ever show."""
    outcomes = set(options.outcomes)
    if options.script and outcomes - {"pass", "crash", "timeout", *SCRIPT_OUTCOMES}:
        yield "the outcome of a script is pass, crash, timeout, script-error or script-exit"
    if options.name and outcomes & set(SCRIPT_OUTCOMES):
        yield "the outcomes script-error and script-exit need --script"
    if options.name and options.exit_code is not None:
        yield "--exit-code needs --script: a case has no exit status"
    if outcomes and outcomes <= {"pass", "accepted"} and (options.type_ or options.message):
        yield "--type and --message need an outcome with an exception: pass and accepted have none"
    if outcomes and options.exit_code is not None and not outcomes & {"script-exit", "crash"}:
        yield "--exit-code needs --outcome script-exit or crash, if any outcome is given"


def _exchange_problems(options: BisectOptions) -> Iterator[str]:
    """What does not go with the axes of exchange, and what these need."""
    for axis, needed in ((READER, "writer"), (WRITER, "reader")):
        if options.package == axis and getattr(options, needed) is None:
            yield f"--axis {axis} needs --{needed} VERSION"
        if options.package != axis and getattr(options, needed) is not None:
            yield f"--{needed} needs --axis {axis}"
    if options.package not in EXCHANGE_AXES:
        return
    if options.name is None:
        yield f"--axis {options.package} needs a case, whose files releases write and read"
    for name in ("flaky", "replay", "no_probe", "keras", "tensorflow", "added"):
        if name in options.given:
            yield f"--{name.replace('_', '-')} cannot go with --axis {options.package} yet"
    if options.level != "release":
        yield f"--level {options.level} cannot go with --axis {options.package} yet"


def _axis_problems(options: BisectOptions) -> Iterator[str]:
    by_keras = (*LINEAGES, NIGHTLIES, *EXCHANGE_AXES)
    varied = "keras" if options.package in by_keras else options.package
    if getattr(options, varied) is not None:
        yield (
            f"--{varied} cannot go with --axis {options.package}, which tests one release after "
            "another; use --old and --new for bounds"
        )
    if options.publish and options.package not in LINEAGES:
        yield f"--publish needs --axis {' or '.join(LINEAGES)}: the report has no other changes"


def _depth_problems(options: BisectOptions) -> Iterator[str]:
    if options.flaky and options.level != "release":
        yield "--level cannot go with --flaky, which only finds the release"
    if options.file and options.level != "release":
        yield f"--level {options.level} cannot go with --file: builds and commits have no sandbox"
    if options.level == "commit" and options.package != "keras":
        yield "--level commit needs --axis keras: the commits are those of Keras"
    if options.level == "commit" and not options.repo:
        yield "--level commit needs --repo PATH or URL of a clone of Keras"
    if options.repo is not None and options.level != "commit":
        yield "--repo needs --level commit"
    if options.level == "nightly" and options.package not in NIGHTLY_PACKAGES:
        yield f"--level nightly needs an axis with daily builds, which {options.package} is not"
