"""Runs the same work as ``runner.py`` or ``script.py``, and records which functions are called.

    python traced.py WORK.json

``WORK.json`` has in addition ``trace``: a file that gets a line for each function of the package in
``PYTHONPATH`` that the case or script calls, as ``file:line``, when it is first called. ``line`` is
the first one of the function. What a process writes is there even if it is killed.

The bytecode of what is imported before the case starts is kept beside the sources: later processes
import the same files.
"""

import json
import os
import sys
import threading

import runner


class Recorder(object):
    """Writes down each function in a folder when it is first called."""

    def __init__(self, folder, path):
        self.folder = folder + os.sep
        self.seen = set()
        self.stream = open(path, "w")  # noqa: SIM115 - written to the end of the process

    def record(self, code):
        if code in self.seen:
            return
        self.seen.add(code)
        if code.co_filename.startswith(self.folder) and code.co_name != "<module>":
            file = code.co_filename[len(self.folder) :]
            self.stream.write("%s:%d\n" % (file, code.co_firstlineno))
            self.stream.flush()

    def start(self):
        """Record all calls from now on, in all threads."""
        monitoring = getattr(sys, "monitoring", None)  # Python 3.12
        if monitoring is not None:
            starts = monitoring.events.PY_START
            monitoring.use_tool_id(monitoring.PROFILER_ID, "keras-bisect")
            monitoring.register_callback(monitoring.PROFILER_ID, starts, self.on_start)
            monitoring.set_events(monitoring.PROFILER_ID, starts)
        else:
            threading.setprofile(self.on_event)
            sys.setprofile(self.on_event)

    def on_start(self, code, offset):
        self.record(code)
        return sys.monitoring.DISABLE

    def on_event(self, frame, event, argument):
        if event == "call":
            self.record(frame.f_code)


def starting(recorder, function):
    """The function, which first stops keeping bytecode and starts recording."""

    def start_and_call(*arguments):
        sys.dont_write_bytecode = True
        recorder.start()
        return function(*arguments)

    return start_and_call


def main(work_path):
    """Run the work as its own program does."""
    with open(work_path) as file:
        work = json.load(file)
    recorder = Recorder(os.environ["PYTHONPATH"], work["trace"])
    if all(cell["format"] == "script" for cell in work["cells"]):
        import script

        script.run_script = starting(recorder, script.run_script)
        script.main(work_path)
        return
    make_run = runner.CaseRun
    if any(cell["saved"] for cell in work["cells"]):
        import reader

        make_run = reader.ReadRun
    sys.dont_write_bytecode = False
    runner.load_case = starting(recorder, runner.load_case)
    runner.main(work_path, make_run)


if __name__ == "__main__":
    main(sys.argv[1])
