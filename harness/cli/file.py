"""The command ``file``: which releases read a person's own file, and what to do with it."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from harness.bisect.scripts import check_script
from harness.cli import options
from harness.environments.builder import EnvironmentBuilder
from harness.environments.sandbox import Sandbox, Trusted, find_sandbox
from harness.exchange import ledger_store
from harness.exchange.ledger import Ledger
from harness.releases.catalogue import Catalogue
from harness.releases.pair_rules import PairRules
from harness.userfile.advice import advise
from harness.userfile.answer import Answer, as_document, as_markdown
from harness.userfile.asking import Asker, ask_all, job_for
from harness.userfile.attempts import Attempt
from harness.userfile.facts import FileFacts, NotAModelFile
from harness.userfile.own_classes import own_classes
from harness.userfile.prediction import predict
from harness.userfile.reader_process import ReadingJob
from harness.userfile.reading import facts_about
from harness.userfile.trying import Readers, Trials, readers_of, writer_of
from harness.userfile.verdicts import grouped, spans, verdict_of
from harness.userfile.vulnerabilities import exposed
from harness.util.errors import ExitCode, UsageError
from harness.util.files import write_atomically
from harness.util.invocation import command_line

NO_SANDBOX = (
    "No release was tried: loading a file is running code, and this machine has no sandbox that "
    "holds. Install bubblewrap, or give --trust if you trust the file."
)

_output = click.Path(dir_okay=False, path_type=Path)


@click.command("file")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--every", is_flag=True, help="Try every release, not only as many as are needed.")
@click.option("--keras", "spec", metavar="SPEC", help="Try these releases only: '>=3.4,<3.8'.")
@click.option("--static", is_flag=True, help="Only describe the file; try no release.")
@click.option(
    "--code",
    metavar="FILE.py",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
    help="The code of the file's own classes, or a function build(keras) for weights alone.",
)
@click.option("--trust", is_flag=True, help="Try it even without a sandbox: its code may run.")
@options.jobs
@click.option("--json", "json_path", metavar="FILE", type=_output, help="Write the answer as JSON.")
@click.option(
    "--markdown", "page", metavar="FILE", type=_output, help="Write the answer as Markdown."
)
def command(
    path: Path,
    every: bool,
    spec: str | None,
    static: bool,
    code: Path | None,
    trust: bool,
    jobs: int,
    json_path: Path | None,
    page: Path | None,
) -> None:
    """Tell who wrote a saved model, what is in it, which releases read it, and what to do.

    The file is described without being loaded. Then releases load it, each in a sandbox without
    network, home folder or secrets, and predict with it. The file itself is never changed.
    """
    if static and (every or spec or code or trust):
        raise UsageError("--static tries no release; give it without --every, --keras and the like")
    if code is not None:
        check_script(code)
    facts, ledgers = _describe(path)
    rules = PairRules(Catalogue.load())
    readers = readers_of(facts, rules, spec, every=every)
    answer = _static_answer(path, facts, ledgers, readers, rules)
    code_of = answer.code
    if not static:
        sandbox = Trusted() if trust else find_sandbox()
        if sandbox is None:
            answer.untold = [NO_SANDBOX, *answer.untold]
        else:
            job = ReadingJob(path, facts.kind, facts.name, code)
            _try(answer, readers, rules, job_for(facts, job, sandbox), sandbox, jobs, every=every)
        code_of = answer.code if sandbox else ExitCode.UNKNOWN
    _tell(answer, _command(path, every, spec, code), json_path, page)
    if code_of:
        sys.exit(code_of)


def _describe(path: Path) -> tuple[FileFacts, list[Ledger]]:
    """The facts about a file, and the ledgers, which are read meanwhile."""
    with ThreadPoolExecutor(1) as pool:
        ledgers = pool.submit(ledger_store.read_all)
        try:
            return facts_about(path), ledgers.result().ledgers
        except NotAModelFile as other:
            raise UsageError(f"{path.name} is {other}") from other


def _static_answer(
    path: Path, facts: FileFacts, ledgers: list[Ledger], readers: Readers, rules: PairRules
) -> Answer:
    """All that is known before any release is tried."""
    _, version = writer_of(facts, rules)
    pairs = set(readers.pairs)
    predicted = predict(facts, ledgers, version)
    untold = []
    if readers.unable:
        untold.append(
            f"Keras {', '.join(spans(readers.unable, readers.unable))}: without this format"
        )
    return Answer(
        path.name,
        facts,
        own_classes(facts, ledgers),
        {pair: reasons for pair, reasons in predicted.items() if pair in pairs},
        exposed(facts, readers.pairs),
        untold=untold,
        exact=readers.exact,
    )


def _try(
    answer: Answer,
    readers: Readers,
    rules: PairRules,
    job: ReadingJob,
    sandbox: Sandbox,
    jobs: int,
    *,
    every: bool,
) -> None:
    """Have releases read the file, and put into the answer what they say."""
    missing = [] if job.code else list(answer.own_classes)
    from harness.cli.output import console

    with console.status("trying releases") as status:

        def tell(attempt: Attempt) -> None:
            status.update(f"tried Keras {attempt.pair.keras}")
            if not console.is_terminal:
                click.echo(f"tried Keras {attempt.pair.keras} in {attempt.seconds:.0f} s", err=True)

        asker = Asker(EnvironmentBuilder(rules), job, sandbox, tell)
        trials = Trials(
            readers, asker, lambda attempt, other: verdict_of(attempt, other, missing), jobs
        )
        ask_all(trials, asker, every=every)
    reference = trials.reference
    verdicts = {
        pair: verdict_of(attempt, reference, missing) for pair, attempt in trials.attempts.items()
    }
    answer.groups = grouped(readers.pairs, verdicts)
    answer.tried, answer.sandbox = len(verdicts), sandbox.name
    answer.reference = reference.pair if reference else None
    answer.exact = readers.exact and reference is not None and reference.pair == readers.writer
    oldest, latest = min(verdicts, default=None), max(verdicts, default=None)
    answer.predicted = {
        pair: reasons
        for pair, reasons in answer.predicted.items()
        if oldest is None or latest is None or not oldest <= pair <= latest
    }
    answer.advice = advise(answer.facts, answer.groups, rules.natural()[-1], answer.own_classes)


def _tell(answer: Answer, command_line: str, json_path: Path | None, page: Path | None) -> None:
    from harness.cli.output import console
    from harness.userfile.console import print_answer

    print_answer(console, answer)
    if json_path is not None:
        write_atomically(json_path, json.dumps(as_document(answer), indent=1) + os.linesep)
    if page is not None:
        write_atomically(page, as_markdown(answer, command_line))


def _command(path: Path, every: bool, spec: str | None, code: Path | None) -> str:
    """The command that asks the same again, with names instead of places on this machine."""
    words = [path.name]
    words += ["--every"] if every else []
    words += [f"--keras={spec}"] if spec else []
    words += [f"--code={code.name}"] if code else []
    return command_line("file", *words)
