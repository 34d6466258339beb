"""The group of commands: its help, its exit codes, and what it prints where a command fails."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module

import click
import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.util.errors import ExitCode, Fault, UsageError
from harness.util.paths import ROOT
from tests.cli.conftest import RunCommand
from tests.conftest import Checkout


def make_command_raise(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let the command ``catalogue`` raise this error and do nothing else."""

    @click.command("catalogue")
    def command() -> None:
        raise error

    monkeypatch.setattr("harness.cli.catalogue.command", command)


def test_there_is_a_command_for_each_module_that_defines_one() -> None:
    modules = {path.stem for path in (ROOT / "harness" / "cli").glob("*.py")}
    with_command = {
        name for name in modules if hasattr(import_module(f"harness.cli.{name}"), "command")
    }
    assert with_command == set(main.COMMANDS)


def test_the_help_lists_every_command() -> None:
    result = CliRunner().invoke(main.cli, ["--help"])
    assert result.exit_code == 0
    listing = result.output.partition("Commands:")[2]
    assert re.findall(r"^  (\w+)", listing, re.M) == list(main.COMMANDS)
    assert "..." not in listing


@pytest.mark.parametrize("name", main.COMMANDS)
def test_every_command_explains_itself_and_its_options(name: str) -> None:
    result = CliRunner().invoke(main.cli, [name, "--help"], prog_name="nox -s")
    session = "'pair(ID)'" if name == "pair" else name
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: nox -s {session} -- ")
    command = main.cli.get_command(click.Context(main.cli), name)
    assert command is not None and command.help
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_only_the_module_of_the_command_that_is_used_is_imported() -> None:
    program = (
        "import sys; from harness.cli.main import run_command; run_command(['pair', '--help']); "
        "print(sorted({'pandas', 'harness.cli.matrix', 'harness.cli.pair'} & set(sys.modules)))"
    )
    printed = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert printed.endswith("['harness.cli.pair']\n")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (UsageError("no such release"), ExitCode.USAGE, "error: no such release\n"),
        (Fault("no network"), ExitCode.UNKNOWN, "fault: no network\n"),
        (OSError(28, "No space left"), ExitCode.UNKNOWN, "fault: [Errno 28] No space left\n"),
        (click.ClickException("wrong option"), ExitCode.USAGE, "Error: wrong option\n"),
        (Fault("\x1b[31mred"), ExitCode.UNKNOWN, "fault: \N{REPLACEMENT CHARACTER}[31mred\n"),
    ],
)
def test_each_kind_of_failure_has_its_exit_code_and_message(
    monkeypatch: pytest.MonkeyPatch,
    run: RunCommand,
    error: Exception,
    code: ExitCode,
    message: str,
) -> None:
    make_command_raise(monkeypatch, error)
    assert run("catalogue") == (code, message)


def test_an_error_that_nobody_foresaw_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    make_command_raise(monkeypatch, RuntimeError("a defect"))
    with pytest.raises(RuntimeError, match="a defect"):
        main.run_command(["catalogue"])


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupt_kills_the_children_and_then_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], interrupt: BaseException
) -> None:
    steps: list[str] = []
    make_command_raise(monkeypatch, interrupt)
    monkeypatch.setattr(main, "kill_children", lambda: steps.append("children killed"))
    monkeypatch.setattr("os._exit", lambda code: steps.append(f"exit {code:d}"))
    main.run_command(["catalogue"])
    assert steps == ["children killed", f"exit {ExitCode.INTERRUPTED:d}"]
    assert capsys.readouterr().err.strip() == "interrupted; what was finished is kept"


def test_an_unknown_command_is_refused(run: RunCommand) -> None:
    code, output = run("matricks")
    assert code == ExitCode.USAGE
    assert "No such command 'matricks'" in output


def test_a_session_hands_on_the_exit_code_and_names_itself_in_the_usage(
    checkout: Checkout,
) -> None:
    code, output = checkout.nox("matrix", "--jobs=0")
    assert code == ExitCode.USAGE
    assert "Invalid value for '-j'" in output
    assert "Try 'nox -s matrix -- --help' for help" in output
