"""Kill runs at random moments, and check that no result is lost or wrong.

    python benchmarks/random_kills.py [--kills N] [--seed N] [--session NAME]

The kills hit `matrix`, `bisect` and `exchange` in equal parts, in one checkout whose environments
have been made; `exchange` begins without a corpus, so that its writers run, too. SIGKILL goes to
the Nox process alone, after a random time that is at most the duration of an undisturbed run; the
other processes of the run must notice and end by themselves. The next run starts from the results
that were left; they are removed only after a run has finished. The benchmark checks that

- no process of a killed run is alive after 15 seconds;
- every result file is intact and still holds the cells that it held before the run, and each cell
  has the signature that an undisturbed run gave it;
- the corpus is intact and still holds the files that it held before the run;
- a run that finishes before it is killed succeeds.

It prints the totals and a line for each problem, and exits with 1 if there was a problem.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import fresh
from harness.exchange.corpus import UNPACKED, open_corpus
from harness.results import store
from harness.results.signatures import Signature, signature_of
from harness.util.paths import CORPUS, EXCHANGE, PROBES, RESULTS, ROOT

#: The folder with the results of each session.
RESULTS_OF = {"matrix": RESULTS, "bisect": PROBES, "exchange": EXCHANGE}
#: The options of each session. A run takes a few seconds once its environments are made.
RUNS = {
    "matrix": ["--keras=>=3.6,<3.8", "--case=dense_twice", "--case=interleaved_dense"],
    "bisect": ["interleaved_dense", "--format=keras", "--old=3.5", "--new=3.8"],
    "exchange": ["--writer=3.6", "--reader=>=3.6,<3.8", "--case=dense_twice"],
}
#: All processes of a killed run must have ended after this number of seconds.
END_SECONDS = 15.0

#: The signatures of stored cells, by pair, case and format.
Cells = dict[tuple[str, str, str], Signature]


@dataclass
class Trial:
    """Repeated runs of one session in one checkout, and the problems they showed."""

    folder: Path
    session: str
    problems: list[str] = field(default_factory=list)
    kills: int = 0
    finished: int = 0

    def place(self, path: Path) -> Path:
        """Return where a folder of this checkout is in that of the trial."""
        return self.folder / path.relative_to(ROOT)

    def start(self) -> subprocess.Popen[bytes]:
        """Start the session with the same command that a person would type."""
        return subprocess.Popen(
            fresh.session_command(self.session, *RUNS[self.session]),
            cwd=self.folder,
            env=fresh.session_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def undisturbed(self) -> float:
        """Run the session without stored results, and return the wall seconds.

        Raises:
            RuntimeError: the run fails.
        """
        self.remove_results()
        started = time.monotonic()
        process = self.start()
        if process.wait() != 0:
            raise RuntimeError(f"{self.session} exited with {process.returncode}")
        return time.monotonic() - started

    def remove_results(self) -> None:
        """Remove the stored results, and the corpus where the session makes one."""
        shutil.rmtree(self.place(RESULTS_OF[self.session]), ignore_errors=True)
        if self.session == "exchange":
            shutil.rmtree(self.place(CORPUS), ignore_errors=True)

    def cells(self) -> Cells:
        """Return the signatures of all stored cells; note damaged files as problems."""
        results = self.place(RESULTS_OF[self.session])
        if not results.is_dir():
            return {}
        stored, damaged = store.read_all(results)
        self.problems += [f"{self.session}: {damage}" for damage in damaged]
        return {
            (result.pair.id, *key): signature_of(cell)
            for result in stored
            for key, cell in result.cells.items()
        }

    def files(self) -> set[str]:
        """Return the files of the corpus that the session makes; note damaged ones as problems."""
        if self.session != "exchange":
            return set()
        corpus = open_corpus(self.place(CORPUS), self.place(UNPACKED))
        self.problems += [f"{self.session}: {path} is damaged" for path in corpus.damaged]
        return {entry.path for entry in corpus.classes}

    def kill_one(self, moment: float, expected: Cells) -> None:
        """Start a run, kill it after ``moment`` seconds, and check what it left."""
        before, files = self.cells(), self.files()
        process = self.start()
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.kills += 1
            self._check_processes()
        else:
            self.finished += 1
            if process.returncode != 0:
                self.problems.append(f"{self.session}: a run exited with {process.returncode}")
        self._check_cells(before, expected)
        for path in sorted(files - self.files()):
            self.problems.append(f"{self.session}: {path} was lost")
        if process.returncode == 0:
            self.remove_results()

    def _check_processes(self) -> None:
        """Wait until the processes of a killed run have ended; note and kill those that do not."""
        deadline = time.monotonic() + END_SECONDS
        while alive := dict(processes_in(self.folder)):
            if time.monotonic() > deadline:
                self.problems.append(f"{self.session}: processes still alive:")
                for pid, command in alive.items():
                    self.problems.append(f"    {pid} {command}")
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                return
            time.sleep(0.2)

    def _check_cells(self, before: Cells, expected: Cells) -> None:
        """Note the cells that are lost, and those that differ from an undisturbed run.

        A bisection that starts from stored results may probe other pairs than the undisturbed one;
        their cells have nothing to be compared with.
        """
        after = self.cells()
        for key in sorted(before.keys() - after.keys()):
            self.problems.append(f"{self.session}: {' '.join(key)} was lost")
        for key, signature in sorted(after.items()):
            if key in expected and signature != expected[key]:
                self.problems.append(f"{self.session}: {' '.join(key)} is {signature.label}")


def processes_in(folder: Path) -> Iterator[tuple[int, str]]:
    """Yield the id and command line of other processes that name the folder, or work in it."""
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        if pid == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            directory = (entry / "cwd").readlink()
        except OSError:  # the process has ended or belongs to another user
            continue
        if str(folder) in command or directory.is_relative_to(folder):
            yield pid, command


def run_trial(trial: Trial, kills: int, chance: random.Random) -> None:
    """Kill runs until ``kills`` were killed, check the results, and print the totals."""
    trial.undisturbed()  # makes the environments
    seconds = trial.undisturbed()
    expected = trial.cells()
    trial.remove_results()
    while trial.kills < kills:
        trial.kill_one(chance.uniform(0, seconds), expected)
    trial.undisturbed()
    if trial.cells() != expected:
        trial.problems.append(f"{trial.session}: the last run differs from the first")
    print(
        f"{trial.session}: {trial.kills} runs killed and {trial.finished} finished before that; "
        f"{seconds:.1f} s undisturbed, {len(expected)} cells, {len(trial.problems)} problems",
        flush=True,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all trials, print their problems, and return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200, help="kills in total (default: 200)")
    parser.add_argument("--session", dest="sessions", action="append", choices=RUNS)
    parser.add_argument("--seed", type=int, default=1, help="of the random times (default: 1)")
    options = parser.parse_args(arguments)
    chance = random.Random(options.seed)
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = fresh.checkout(Path(temporary).resolve() / "checkout")
        sessions = options.sessions or list(RUNS)
        for session in sessions:
            trial = Trial(folder, session)
            run_trial(trial, options.kills // len(sessions), chance)
            problems += trial.problems
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
