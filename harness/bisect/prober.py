"""The prober: what a pair answers to one case or script, from what is stored or from a probe."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from harness import inside, results
from harness.conductor import run_pairs
from harness.environments import Builder
from harness.errors import Fault
from harness.pairs import Pair
from harness.paths import RESULTS, WORK
from harness.probe import Request
from harness.results import Cell, DamagedResult, Result
from harness.signatures import Signature, signature_of
from harness.untrusted import shortened

#: Where the probes of a bisect are kept: beside the published results, not among them.
PROBES = WORK / "bisect" / "results"
COMMITS = WORK / "bisect" / "commits"
LONGEST_WORDS = 100


@dataclass(frozen=True)
class Observed:
    """What one pair answered: a cell, or the reason why there is none.

    ``installed`` are the distributions of its environment, as ``name==version``. ``commit`` is
    that of a Keras that hid the one in the environment.
    """

    pair: Pair
    cell: Cell | None = None
    reason: str = ""
    installed: tuple[str, ...] = ()
    commit: str = ""

    @property
    def signature(self) -> Signature | None:
        """The behaviour, or None where there is no answer."""
        return signature_of(self.cell) if self.cell else None

    @property
    def words(self) -> str:
        """The short form for messages: label and message, or the reason that there is none."""
        if self.signature is None:
            return f"no answer: {self.reason}"
        told = f"{self.signature.label}: {self.signature.message}".removesuffix(": ")
        return shortened(told, LONGEST_WORDS)

    @property
    def packages(self) -> dict[str, str]:
        """Versions by distribution, with Python as one of them."""
        pinned = (each.partition("==") for each in self.installed)
        return {**{name: version for name, _, version in pinned}, "python": self.pair.python}


Tell = Callable[[str, Observed], None]


class Prober(Protocol):
    """Whoever can say what a pair answers."""

    #: How many pairs were asked that nothing was known of.
    probes: int

    def known(self, pair: Pair) -> Observed | None:
        """What is known of a pair without asking it."""

    def ask(self, pairs: Sequence[Pair]) -> None:
        """Make the pairs known, several at a time; those that give no answer are known as such."""

    def at_commit(self, pair: Pair, commit: str, tree: Path) -> Observed:
        """What a commit answers that is checked out in ``tree``, in the environment of a pair."""


class SessionProber:
    """Asks through the sessions of the pairs, and looks first at what is stored."""

    def __init__(self, request: Request, builder: Builder, tell: Tell, *, workers: int) -> None:
        self.probes = 0
        self._request = replace(request, folder=PROBES)
        self._builder = builder
        self._tell = tell
        self._workers = workers
        self._seen: dict[Pair, Observed] = {}

    def known(self, pair: Pair) -> Observed | None:
        """What this search was told already, or what is stored."""
        if pair not in self._seen:
            stored = (self._stored(pair, folder) for folder in (RESULTS, PROBES))
            if (found := next(filter(None, stored), None)) is None:
                return None
            self._take("stored", found)
        return self._seen[pair]

    def ask(self, pairs: Sequence[Pair]) -> None:
        """Run the sessions of the pairs; what fails for a reason outside them is asked again once.

        Raises:
            Fault: the case or script itself cannot be run.
        """
        self.probes += len(pairs)
        left = list(pairs)
        for _ in range(2):
            reports = run_pairs(left, self._request, lambda *_: None, workers=self._workers)
            if problems := {problem for each in reports for problem in each.problems}:
                raise Fault("; ".join(sorted(problems)))
            reasons = {each.pair: each.reason for each in reports if each.code}
            for pair in left:
                if found := self._stored(pair, PROBES):
                    self._take("probed", found)
            left = [pair for pair in left if pair not in self._seen]
            if not left:
                return
        for pair in left:
            self._take(
                "probed", Observed(pair, reason=reasons.get(pair, "the session says nothing"))
            )

    def at_commit(self, pair: Pair, commit: str, tree: Path) -> Observed:
        """Run the cell with the commit's Keras before the environment's, or read what is kept.

        Raises:
            Fault: a failure outside the commit.
            NoEnvironment: the pair has none.
        """
        ((case, name),) = self._request.cells
        kept = COMMITS / f"{case.name}.{name}.{case.digest}.jsonl"
        for observed in read_log(kept) if kept.exists() else ():
            if (observed.commit, observed.pair) == (commit, pair):
                self._tell("stored", observed)
                return observed
        self.probes += 1
        observed = self._run_commit(pair, commit, tree)
        kept.parent.mkdir(parents=True, exist_ok=True)
        with kept.open("a", encoding="utf-8") as file:
            file.write(log_line(observed))
        self._tell("probed", observed)
        return observed

    def _run_commit(self, pair: Pair, commit: str, tree: Path) -> Observed:
        if not (tree / "keras" / "__init__.py").is_file():
            return Observed(pair, reason="it has no keras/__init__.py", commit=commit)
        environment = self._builder.make(pair)
        limit = self._request.limit
        for event in inside.run_cells(environment, self._request.cells, limit, tree):
            if event["event"] == "import-error":
                error = event["error"]
                reason = f"import-error: {error['type']}: {error['message']}"
                return Observed(pair, reason=reason, commit=commit)
            if event["event"] == "cell":
                ((case, name),) = self._request.cells
                cell = Cell(case=case.name, format=name, digest=case.digest, **event["result"])
                return Observed(pair, cell, commit=commit)
        raise AssertionError("a run tells its cell, or that Keras cannot be imported")

    def forget(self, pair: Pair) -> None:
        """Let the next question go to the pair, whatever is stored."""
        self._seen.pop(pair, None)
        results.path_of(pair, PROBES).unlink(missing_ok=True)

    def _take(self, how: str, observed: Observed) -> None:
        self._seen[observed.pair] = observed
        self._tell(how, observed)

    def _stored(self, pair: Pair, folder: Path) -> Observed | None:
        try:
            result = results.read_pair(pair, folder)
        except DamagedResult:
            return None
        if result is None or self._request.unknown(result):
            return None
        return observed_in(result, self._request)


class StoredProber(SessionProber):
    """Knows what is stored, and asks nobody: what is not known gives no answer."""

    def ask(self, pairs: Sequence[Pair]) -> None:
        """Take each pair for one that gives no answer."""
        for pair in pairs:
            self._take("stored", Observed(pair, reason="not asked"))

    def _run_commit(self, pair: Pair, commit: str, tree: Path) -> Observed:
        return Observed(pair, reason="not asked", commit=commit)


class ReplayedProber:
    """Answers from the log of another search, and never asks."""

    def __init__(self, log: Path) -> None:
        self.probes = 0
        self._log = log
        answers = list(read_log(log))
        self._seen = {each.pair: each for each in answers if not each.commit}
        self._commits = {each.commit: each for each in answers if each.commit}

    def known(self, pair: Pair) -> Observed | None:
        """What the log says of the pair."""
        return self._seen.get(pair)

    def ask(self, pairs: Sequence[Pair]) -> None:
        """Refuse.

        Raises:
            Fault: always; the log does not hold what is asked now.
        """
        raise Fault(f"{self._log.name} holds no answer of {', '.join(each.id for each in pairs)}")

    def at_commit(self, pair: Pair, commit: str, tree: Path) -> Observed:
        """What the log says of the commit.

        Raises:
            Fault: nothing.
        """
        if commit not in self._commits:
            raise Fault(f"{self._log.name} holds no answer of commit {commit}")
        return self._commits[commit]


def observed_in(result: Result, request: Request) -> Observed:
    """What a result says to the one case and format of a request."""
    installed = tuple(result.environment.get("installed", ()))
    if result.outcome:
        reason = f"{result.outcome}: {result.reason}"
        return Observed(result.pair, reason=reason, installed=installed)
    (case,), (name,) = request.cases, request.formats
    return Observed(result.pair, result.cells[(case.name, name)], installed=installed)


def log_line(observed: Observed) -> str:
    """One line of a log."""
    entry: dict[str, Any] = {"pair": observed.pair.id, "installed": list(observed.installed)}
    if observed.commit:
        entry["commit"] = observed.commit
    if observed.cell:
        entry["cell"] = asdict(observed.cell)
    else:
        entry["reason"] = observed.reason
    return json.dumps(entry, sort_keys=True) + "\n"


def read_log(path: Path) -> Iterable[Observed]:
    """The answers that a log holds.

    Raises:
        Fault: a line is not one; the message says which.
    """
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            entry: Mapping[str, Any] = json.loads(line)
            if "pair" not in entry:
                continue
            cell = Cell(**entry["cell"]) if "cell" in entry else None
            yield Observed(
                Pair.parse(entry["pair"]), cell, entry.get("reason", ""),
                tuple(entry["installed"]), entry.get("commit", ""),
            )  # fmt: skip
        except (ValueError, KeyError, TypeError) as error:
            raise Fault(f"{path.name}, line {number}: not a line of a log ({error})") from error
