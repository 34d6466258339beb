"""Runs the cells of a case one after the other: the model is built once and saved in each format.

A cell that does not pass leaves no model to the next one, and is run again with a new model before
it counts if it was given a used one. So what a cell comes to does not depend on the cells before.
"""

import contextlib
import shutil
import signal
import tempfile
import time

from roundtrip import comparison, exceptions, models, saved_files
from roundtrip.exceptions import BadCase, Different, MachineFault, TimeLimit, Unsupported
from roundtrip.formats import FORMATS, formats_of

OUTCOME_OF_PHASE = {
    "build": "build-error",
    "predict": "build-error",
    "save": "save-error",
    "load": "load-error",
    "predict again": "load-error",
    "compare": "load-error",
    "check": "mismatch",
    "train": "mismatch",
}


class CaseRun(object):
    """The cells of one case; ``subject`` is the model that the last cell has left, if any."""

    def __init__(self, keras, case):
        self.keras = keras
        self.case = case
        self.formats = formats_of(case)
        self.subject = None
        self.was_trained = False

    def run(self, cell, on_start):
        """Run one cell and return its result; ``on_start`` is called whenever it begins.

        Raises:
            BadCase: the case file is faulty.
            MachineFault: memory or disk ran out.
        """
        was_used = self.subject is not None
        on_start()
        result = self.attempt(cell)
        if was_used and result["outcome"] not in ("pass", "unsupported"):
            on_start()
            result = self.attempt(cell)
        return result

    def attempt(self, cell):
        """Run a cell once, with the model at hand; keep that for the next cell if all is well."""
        started = time.time()
        subject, self.subject = self.subject, None
        phases = ["build"]
        directory = tempfile.mkdtemp(prefix="cell-")
        try:
            form = FORMATS[cell["format"]](self.keras, self.case, directory)
            self.check_applies(form, cell["format"])
            with time_limit(cell["limit"], cell["patience"]):
                self.subject = self.round_trip(form, cell, subject, phases)
            result = {"outcome": "accepted" if self.must_refuse(cell) else "pass"}
        except Unsupported as error:
            self.subject = subject
            return {"outcome": "unsupported", "note": str(error)}
        except BadCase:
            raise
        except (Exception, SystemExit, TimeLimit) as error:
            if is_fault_of(self.case, error):
                raise BadCase(exceptions.text_of(error)) from error
            result = self.result_of(error, cell, phases[-1])
            result["seconds"] = round(time.time() - started, 1)
            if exceptions.is_of_the_machine(error):
                raise MachineFault(exceptions.text_of(error), result) from error
        finally:
            shutil.rmtree(directory, ignore_errors=True)
        result["seconds"] = round(time.time() - started, 1)
        return result

    def check_applies(self, form, name):
        """Raise `Unsupported` where the release or the case does not have this format."""
        if name not in self.formats:
            raise Unsupported("the case does not apply to this format")
        form.check()
        if not getattr(self.case, "applies", lambda keras: True)(self.keras):
            raise Unsupported("the case does not apply to this release")

    def must_refuse(self, cell):
        """Whether a release that is right refuses to load the file of this cell."""
        return cell["format"] in getattr(self.case, "MUST_REFUSE", ())

    def result_of(self, error, cell, phase):
        """The result of a cell that an exception has ended in a phase."""
        described = exceptions.describe(error)
        if isinstance(error, TimeLimit):
            outcome = "timeout"
            described = dict(exceptions.describe_one(error), type="Timeout")
        elif isinstance(error, Different):
            outcome = "mismatch"
        elif isinstance(error, SystemExit):
            outcome = "crash"
        elif phase == "load" and self.must_refuse(cell):
            outcome = "refused"
        else:
            outcome = OUTCOME_OF_PHASE[phase]
        return {"outcome": outcome, "phase": phase, "error": described}

    def round_trip(self, form, cell, subject, phases):
        """Build, predict, save, load, predict, compare, check, train.

        Append each phase to ``phases`` as it begins. Return the subject if it can be used again.
        """
        keras, case = self.keras, self.case
        subject = subject or models.prepare(keras, case, phases)
        structure = comparison.describe_structure(subject.model)
        phases.append("save")
        saved = form.save(subject.model)
        if cell.get("keep"):
            saved_files.keep(form, saved, subject, structure, keras, cell["keep"])
        phases.append("load")
        loaded = form.load(saved)
        phases.append("predict again")
        outputs = models.predict(loaded, subject.inputs)
        phases.append("compare")
        before, after = comparison.as_arrays(subject.outputs), comparison.as_arrays(outputs)
        comparison.compare_outputs(before, after)
        is_unchanged = not form.clears_session
        if form.compares_structure:
            comparison.compare_nesting(subject.outputs, outputs)
            if getattr(case, "COMPARES_STRUCTURE", True):
                comparison.compare_structure(structure, comparison.describe_structure(loaded))
            phases.append("check")
            if hasattr(case, "check"):
                check_by_case(keras, case, subject.model, loaded)
                is_unchanged = False
            phases.append("train")
            if not self.was_trained:
                is_unchanged &= check_alive(subject, loaded)
                self.was_trained = True
        return subject if is_unchanged else None


def check_by_case(keras, case, model, loaded):
    """Let the case's own ``check`` compare the models, beyond outputs and structure.

    An assertion that fails is a difference, and any other exception is one as well.

    Raises:
        BadCase: the check fails for the saved model alone, too.
    """
    try:
        case.check(keras, model, loaded)
    except Exception as error:
        if exceptions.is_of_the_machine(error):
            raise
        failure = error
    else:
        return
    try:
        case.check(keras, model, model)
    except Exception as error:
        if exceptions.is_of_the_machine(error):
            raise
        told = "%s: %s" % (type(error).__name__, exceptions.text_of(error))
        raise BadCase("check() fails for the saved model alone: %s" % told) from error
    if isinstance(failure, AssertionError):
        raise Different("check", exceptions.text_of(failure)) from failure
    raise failure


def check_alive(subject, loaded):
    """Train the loaded model for one step; a failure counts only where the saved model trains.

    Return whether the saved model is as it was.
    """
    try:
        models.train_one_step(loaded, subject.inputs, subject.outputs)
    except Exception as error:
        if exceptions.is_of_the_machine(error):
            raise
        failure = error
    else:
        return True
    try:
        models.train_one_step(subject.model, subject.inputs, subject.outputs)
    except Exception as error:
        if exceptions.is_of_the_machine(error):
            raise
        return False
    raise failure


def is_fault_of(case, error):
    """Whether the case's own code uses a name that is not defined.

    The exception must come from the module of the case itself. A function of the case that Keras
    has restored from its bytecode has other globals, and its failure is Keras' own.
    """
    if not isinstance(error, NameError):
        return False
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_globals is case.__dict__


@contextlib.contextmanager
def time_limit(limit, patience):
    """Raise `TimeLimit` in the body, at whatever Python code is then running.

    That is after ``limit`` seconds of processor time, so that a slow cell on a loaded machine does
    not count as a hang; or after ``patience`` seconds by the clock, for a cell that only waits.
    """

    def stop(number, frame):
        raise TimeLimit("no end after %g s" % limit)

    signals = (signal.SIGPROF, signal.SIGALRM)
    before = [signal.signal(number, stop) for number in signals]
    signal.setitimer(signal.ITIMER_PROF, limit)
    signal.setitimer(signal.ITIMER_REAL, patience)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in zip(signals, before):
            signal.signal(number, handler)
