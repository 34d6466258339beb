"""The group of all commands, and what they share: how a process starts, and how it ends."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from harness.util.errors import ExitCode, Fault, UsageError
from harness.util.escaping import printable
from harness.util.invocation import PROGRAM
from harness.util.paths import ROOT, STATE
from harness.util.processes import exit_with_ancestors, interrupt_on_signals, kill_children

#: The names of the commands. Each is in the module of its name, which is imported only when the
#: command is used: pandas is slow to import, and the ``pair`` session does not need it.
COMMANDS = (
    "annotations", "bisect", "catalogue", "compare", "exchange", "file", "ledger", "matrix",
    "merge", "pair", "report", "watch",
)  # fmt: skip
#: The number of new objects after which the garbage collector looks for cycles. With the default of
#: 700, reading results spends nearly half of its time there: it makes millions of objects, and
#: hardly any cycles.
GC_THRESHOLD = 100_000


class Commands(click.Group):
    """The group of commands; it imports a command when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command with this name, or None."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"harness.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with what each does, wrapped and not cut off as click does it."""
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, each.get_short_help_str(1000)) for name, each in commands.items() if each]
            )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command, named as its Nox session is called: usage messages show that name."""
        name, command, rest = super().resolve_command(ctx, args)
        if STATE is not None:
            return name, command, rest
        session = "'pair(ID)'" if name == "pair" else name
        return f"{session} --", command, rest


def _print_version(context: click.Context, _: click.Parameter, is_given: bool) -> None:
    if is_given:
        from harness.cli.version import version_text

        click.echo(version_text())
        context.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Show the version, and which results it holds.",
)
def cli() -> None:
    """Save and load models with many Keras releases, and find which release changed a behaviour."""


def main() -> None:
    """Set up the process and run the command that its arguments name."""
    interrupt_on_signals()
    exit_with_ancestors()
    gc.set_threshold(GC_THRESHOLD)
    if STATE is not None:
        _start_installed(sys.argv[1:])
    run_command(sys.argv[1:])


def _start_installed(arguments: Sequence[str]) -> None:
    """Make the folder of the wheel's state on first use; start the session of a pair through Nox.

    Nox is the one door to an environment. Its session comes back here, with ``HARNESS_PYTHON`` set.
    """
    if not ROOT.exists():
        from harness.exchange.states import make_state

        make_state()
    from harness.execution.sessions import HARNESS_PYTHON, session_command

    match arguments:
        case ["pair", pair_id, *options] if not pair_id.startswith("-"):
            if HARNESS_PYTHON not in os.environ:
                os.environ[HARNESS_PYTHON] = sys.executable
                os.execv(sys.executable, session_command(pair_id, options))


def run_command(arguments: Sequence[str]) -> None:
    """Run a command and exit with its documented code; return normally where that is 0."""
    try:
        cli(list(arguments), prog_name=PROGRAM, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(ExitCode.USAGE)
    except UsageError as error:
        click.echo(f"error: {printable(str(error))}", err=True)
        sys.exit(ExitCode.USAGE)
    except (Fault, OSError) as fault:
        click.echo(f"fault: {printable(str(fault))}", err=True)
        sys.exit(ExitCode.UNKNOWN)
    except (KeyboardInterrupt, click.Abort):
        kill_children()
        click.echo("interrupted; what was finished is kept", err=True)
        os._exit(ExitCode.INTERRUPTED)
