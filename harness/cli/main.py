"""The group of all commands, and what they have in common: how they begin and how they end."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module

import click

from harness.util.errors import ExitCode, Fault, UsageError
from harness.util.escaping import printable
from harness.util.processes import exit_with_ancestors, interrupt_on_signals, kill_children

#: Commands by name, each in the module of its name. A module is imported when its command is
#: asked for: pandas is slow to import, and the session of a pair does not need it.
COMMANDS = (
    "annotations", "bisect", "catalogue", "compare", "matrix", "merge", "pair", "report", "watch",
)  # fmt: skip
#: New objects after which the garbage collector looks for cycles. At its usual 700 it takes nearly
#: half of the time of reading results: millions of objects, and hardly a cycle.
NEW_OBJECTS = 100_000


class Commands(click.Group):
    """The commands, imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, or None."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"harness.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command under the name of its session, which its usage message then shows."""
        name, command, rest = super().resolve_command(ctx, args)
        session = "'pair(ID)'" if name == "pair" else name
        return f"{session} --", command, rest


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Run save/load cases on Keras/TensorFlow pairs, and find where a behaviour came in."""


def main() -> None:
    """Run a command and end with its documented exit code."""
    interrupt_on_signals()
    exit_with_ancestors()
    gc.set_threshold(NEW_OBJECTS)
    try:
        cli(prog_name="nox -s", standalone_mode=False)
    except click.ClickException as problem:
        problem.show()
        sys.exit(ExitCode.USAGE)
    except UsageError as problem:
        click.echo(f"error: {printable(str(problem))}", err=True)
        sys.exit(ExitCode.USAGE)
    except (Fault, OSError) as fault:
        click.echo(f"fault: {printable(str(fault))}", err=True)
        sys.exit(ExitCode.UNKNOWN)
    except (KeyboardInterrupt, click.Abort):
        kill_children()
        click.echo("interrupted; what was finished is kept", err=True)
        os._exit(ExitCode.INTERRUPTED)
