"""The options of ``bisect``: what a command line gives, and the command that reproduces it."""

from __future__ import annotations

import shlex
from dataclasses import fields
from pathlib import Path

import click
import pytest

from harness.bisect.question import Question
from harness.cli.bisect_options import BisectOptions, parameters


def parse(line: str) -> BisectOptions:
    """The options of a command line, unchecked."""
    command = click.Command("bisect", params=parameters())
    return BisectOptions.from_context(command.make_context("bisect", shlex.split(line)))


def test_each_parameter_fills_the_field_of_its_name() -> None:
    names = [field.name for field in fields(BisectOptions)]
    filling = [parameter.name for parameter in parameters() if parameter.expose_value]
    assert [*filling, "given"] == names


def test_without_an_option_every_field_has_its_default() -> None:
    assert parse("") == BisectOptions()


def test_every_option_has_a_help_text_that_is_a_sentence() -> None:
    helps = [parameter.help for parameter in parameters() if isinstance(parameter, click.Option)]
    assert all(help_ and help_[0].isupper() and help_.endswith(".") for help_ in helps)


def test_only_what_stands_on_the_command_line_counts_as_given() -> None:
    options = parse("dense_twice --timeout 60 --with=a")
    assert options.given == {"name", "timeout", "added"}
    assert options.timeout == BisectOptions().timeout


@pytest.mark.parametrize(
    ("line", "bounds"),
    [
        ("x", (None, None)),
        ("x --old=1 --new=2", ("1", "2")),
        ("x --good=1 --bad=2", ("1", "2")),
        ("x --good=1 --bad=2 --find=broken", ("1", "2")),
        ("x --good=2 --bad=1 --find=fixed", ("1", "2")),
        ("x --bad=1 --find=fixed", ("1", None)),
        ("x --old=", ("", None)),
    ],
)
def test_the_bounds_are_ordered_from_old_to_new(
    line: str, bounds: tuple[str | None, str | None]
) -> None:
    assert parse(line).bounds == bounds


def test_the_question_is_what_the_options_describe() -> None:
    line = "x --find=fixed --outcome=crash --outcome=timeout --type=E --message=m"
    assert parse(line).question == Question("fixed", ("crash", "timeout"), "E", "m")
    assert parse("x --flaky").question.find == "broken"
    assert parse("x --flaky --find=fixed").question.find == "fixed"


@pytest.mark.parametrize(
    "line",
    [
        "interleaved_dense --format=keras --old=2.15.0 --new=3.0.0",
        "x --good=3.6 --bad=3.7 --find=broken --all",
        "x --outcome=crash --outcome=timeout --type=ValueError --message='a \"b\"'",
        "x --axis=tensorflow --keras=3.6.0 --python=3.11 --with=a --with=b",
        "x --flaky --confidence=0.99 --trials=50",
        "x --tensorflow=2.18.0 --level=nightly",
    ],
)
def test_the_command_asks_the_same_question_again(line: str) -> None:
    options = parse(line)
    words = shlex.split(options.command)
    assert words[:4] == ["nox", "-s", "bisect", "--"]
    assert set(words[4:]) == set(shlex.split(line))
    assert parse(shlex.join(words[4:])) == options


def test_the_command_names_nothing_of_this_machine(tmp_path: Path) -> None:
    script = tmp_path / "repro.py"
    script.write_text("")
    here = str(tmp_path)
    options = parse(
        f"--script={script} --repo={here} --level=commit -j7 --timeout=9 --log={here}/log "
        f"--markdown={here}/page --rerun --no-fork-server"
    )
    assert options.command == (
        "nox -s bisect -- --script=repro.py --level=commit --repo=CLONE"
    )  # fmt: skip
