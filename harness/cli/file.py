"""The command ``file``: which releases read a person's own file, and what to do with it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from harness.bisect.scripts import check_script
from harness.cli import options
from harness.cli.file_checks import check_options, check_target
from harness.cli.output import console
from harness.environments.sandbox import Sandbox, Trusted, find_sandbox
from harness.exchange.ledger import store as ledger_store
from harness.exchange.ledger.ledger import Ledger
from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules
from harness.userfile.answer import Answer, as_document, as_markdown
from harness.userfile.attempts import Attempt
from harness.userfile.console import print_description, print_findings
from harness.userfile.facts import FileFacts, NotAModelFile
from harness.userfile.given_arrays import arrays_in, given_outputs, names_in_order
from harness.userfile.inquiry import Inquiry
from harness.userfile.reader_process import ReadingJob
from harness.userfile.reading import facts_about
from harness.userfile.routes.finding import Wanted, check_is_new, format_of, note_of
from harness.userfile.trying import pairs_for, readers_of
from harness.util.console import print_line
from harness.util.errors import ExitCode, UsageError
from harness.util.files import write_atomically
from harness.util.invocation import command_line

NO_SANDBOX = (
    "No release was tried: loading a file is running code, and this machine has no sandbox that "
    "holds. Install bubblewrap, or give --trust if you trust the file."
)

_output = click.Path(dir_okay=False, path_type=Path)
_arrays = click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path)


@click.command("file")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--every", is_flag=True, help="Try every release, not only as many as are needed.")
@click.option(
    "--keras",
    "spec",
    metavar="SPEC",
    help="Try these releases only: 3.9 (with its patches), '>=3.4,<3.8'.",
)
@click.option("--static", is_flag=True, help="Only describe the file; try no release.")
@click.option(
    "--code",
    metavar="FILE.py",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
    help="The code of the file's own classes, or a function build(keras) for weights alone.",
)
@click.option("--to", metavar="SPEC", help="Find a way to get the file into this release: 3.15.")
@click.option(
    "--convert",
    metavar="NEW",
    type=_output,
    help="With --to: write the file that this release reads, as .keras, .h5 or .weights.h5, and a "
    "note on how it was made.",
)
@click.option(
    "--inputs", metavar="FILE.npz", type=_arrays, help="Predict on the arrays in this file."
)
@click.option(
    "--outputs",
    metavar="FILE.npz",
    type=_arrays,
    help="Compare with the arrays in this file, not with the outputs of the writer's release.",
)
@click.option(
    "--check", is_flag=True, help="End with 3 if a release that is tried cannot use the file."
)
@click.option(
    "--trust",
    is_flag=True,
    help="Try the file without a sandbox: code in it then runs with your rights.",
)
@options.jobs_option("Try up to N releases at a time.")
@click.option("--json", "json_path", metavar="FILE", type=_output, help="Write the answer as JSON.")
@click.option(
    "--markdown", "page", metavar="FILE", type=_output, help="Write the answer as Markdown."
)
@click.pass_context
def command(
    context: click.Context,
    path: Path,
    every: bool,
    spec: str | None,
    static: bool,
    code: Path | None,
    to: str | None,
    convert: Path | None,
    inputs: Path | None,
    outputs: Path | None,
    check: bool,
    trust: bool,
    jobs: int,
    json_path: Path | None,
    page: Path | None,
) -> None:
    """Show which release wrote a model, what is in it, which releases read it, and what to do.

    The file is described without being loaded. Then releases load it, each in a sandbox without
    network, home folder or secrets, and predict with it. The file itself is never changed. With
    --to, the command looks for a way into one release instead, and verifies each step of it.
    """
    check_options(context.params)
    if code is not None:
        check_script(code)
    rules = PairRules(Catalogue.load())
    wanted = _wanted(rules, to, convert)
    facts, ledgers = _describe(path)
    if wanted is not None:
        check_target(path.name, facts, wanted)
    readers = readers_of(facts, rules, spec, every=every)
    if outputs and facts.kind == "json":
        raise UsageError(f"{path.name} has no weights, so nothing computes the --outputs from it")
    names = names_in_order(inputs, arrays_in(inputs), facts.inputs) if inputs else ()
    job = ReadingJob(path, facts.kind, facts.name, code, arrays=inputs, array_names=names)
    given = (
        Attempt(rules.natural()[-1], given_outputs(outputs, facts.output_keys)) if outputs else None
    )
    inquiry = Inquiry(facts, ledgers, readers, rules, job, jobs, given)
    answer = inquiry.static_answer()
    print_description(console, answer)
    code_of = answer.code
    if not static and not facts.is_graph:
        sandbox = Trusted() if trust else find_sandbox()
        if sandbox is None:
            answer.not_tried = [NO_SANDBOX, *answer.not_tried]
        else:
            _run(inquiry, answer, sandbox, wanted, every=every)
        code_of = answer.code if sandbox else ExitCode.UNKNOWN
    print_findings(console, answer)
    if convert is not None and answer.way is not None and answer.way.is_found:
        print_line(console, f"wrote {convert}, and {note_of(convert)} on how it was made")
    if json_path is not None:
        write_atomically(json_path, json.dumps(as_document(answer), indent=1) + os.linesep)
    if page is not None:
        write_atomically(page, as_markdown(answer, _command(path, context.params)))
    if code_of:
        sys.exit(code_of)
    is_refused = any(not group.verdict.is_usable for group in answer.groups)
    if check and (is_refused or (spec and readers.unable)):
        sys.exit(ExitCode.WORSE)


def _describe(path: Path) -> tuple[FileFacts, list[Ledger]]:
    """The facts about a file, and the ledgers, which are read meanwhile."""
    with ThreadPoolExecutor(1) as pool:
        ledgers = pool.submit(ledger_store.read_all)
        try:
            return facts_about(path), ledgers.result().ledgers
        except NotAModelFile as other:
            raise UsageError(f"{path.name or path} is {other}") from other


def _wanted(rules: PairRules, to: str | None, convert: Path | None) -> Wanted | None:
    """The release for which a way is wanted, and where the new file goes; None without --to."""
    if to is None:
        return None
    wanted = Wanted(pairs_for(rules, to)[-1], convert)
    if convert is not None:
        format_of(convert)
        check_is_new(convert)
    return wanted


def _run(
    inquiry: Inquiry, answer: Answer, sandbox: Sandbox, wanted: Wanted | None, *, every: bool
) -> None:
    """Let releases read the file, and put the results into the answer."""
    with console.status("trying releases") as status:

        def tell(text: str) -> None:
            status.update(text)
            if not console.is_terminal:
                click.echo(text, err=True)

        inquiry = replace(inquiry, tell=tell)
        if wanted is not None:
            inquiry.find_way(answer, sandbox, wanted)
        else:
            inquiry.try_releases(answer, sandbox, every=every)


def _command(path: Path, given: Mapping[str, Any]) -> str:
    """The command that asks the same again, with names instead of places on this machine."""
    words = [path.name]
    words += ["--every"] if given["every"] else []
    words += [f"--keras={given['spec']}"] if given["spec"] else []
    words += [f"--to={given['to']}"] if given["to"] else []
    files = ("code", "convert", "inputs", "outputs")
    words += [f"--{name}={given[name].name}" for name in files if given[name]]
    return command_line("file", *words)
