"""Imports TensorFlow once, without Keras, and forks a child for each program that is asked of it.

    python -s -B forkserver.py FOLDER NAME

Runs with the Python of one environment, the base, and needs TensorFlow 2.16 or newer and Linux. In
``FOLDER`` it listens on the socket ``NAME``, and once it is ready writes ``NAME.json``: what it has
loaded, so that whoever asks can prove that another environment would have loaded the same. It ends
when that file is removed, as soon as nothing is running; and at once, with all its children, when
the writer of the named pipe ``alive`` is gone.

A connection is one program: the first message holds ``command`` and ``environ``, and the file
descriptors of standard output and standard error. The answer is ``pid``, or ``refused`` with the
reason; then ``status``, as `os.waitpid` gives it. Anything more that is sent, and the end of the
connection, kill the child and its group.
"""

import contextlib
import fcntl
import gc
import importlib
import json
import os
import selectors
import shutil
import signal
import site
import socket
import sys
import tempfile
import threading
import time
from importlib import metadata
from importlib.machinery import PathFinder

#: What is different for each pair, and must not be there before the fork.
HELD = ("keras", "tf_keras")
#: Read when they are used. All other variables must be as they were when TensorFlow was loaded.
READ_LATE = ("HOME", "KERAS_HOME", "TMPDIR", "PYTHONPATH")
#: Seconds between two looks at whether this fork server is still wanted.
LOOK = 1.0
LONGEST_REQUEST = 100000


class Held(object):
    """A finder and loader: Keras can be found, as TensorFlow wants it, and not be imported."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] not in HELD:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None:
            spec.loader = Held
        return spec

    @staticmethod
    def create_module(spec):
        raise ImportError("%s is held back" % spec.name)

    @staticmethod
    def exec_module(module):
        raise ImportError("%s is held back" % module.__name__)


class Missed(object):
    """The last finder of all: takes down what nobody found, for another environment may have it."""

    names = set()

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        cls.names.add(name)


def load():
    """Import TensorFlow, and nothing of Keras."""
    sys.meta_path.insert(0, Held)
    sys.meta_path.append(Missed)
    sys.dont_write_bytecode = False  # all that is imported here is installed, and stays as it is
    with ending_with_parent():
        importlib.import_module("tensorflow")
    sys.dont_write_bytecode = True
    sys.meta_path.remove(Held)
    sys.meta_path.remove(Missed)
    if not is_alone(within=1.0):
        raise SystemExit("TensorFlow has threads from the start")
    got_in = [name for name in sys.modules if name.partition(".")[0] in HELD]
    if got_in:
        raise SystemExit("TensorFlow cannot be held apart from its Keras: %s" % got_in[0])


def number_of_threads():
    """Of Python and of the libraries that it has loaded."""
    return len(os.listdir("/proc/self/task"))


def is_alone(within):
    """Whether one thread is left; a thread that has ended can be counted for a moment more."""
    limit = time.monotonic() + within
    while number_of_threads() != 1 and time.monotonic() < limit:
        time.sleep(0.01)
    return number_of_threads() == 1


@contextlib.contextmanager
def ending_with_parent():
    """While the body runs, end this process when the one that started it is gone."""
    parent, done = os.getppid(), threading.Event()

    def watch():
        while not done.wait(0.3):
            if os.getppid() != parent:
                os._exit(1)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    yield
    done.set()
    watcher.join()


def facts():
    """What a pair must have, and must not have, for its own process to load the same."""
    packages = site.getsitepackages()[0]
    files = {
        os.path.relpath(file, packages)
        for file in (getattr(each, "__file__", None) for each in list(sys.modules.values()))
        if file and file.startswith(sys.prefix + os.sep)
    }
    loaded, owned = [], set()
    for each in metadata.distributions(path=[packages]):
        lines = (each.read_text("RECORD") or "").splitlines()
        its_own = files.intersection(line.split(",", 1)[0].strip('"') for line in lines)
        if its_own:
            loaded.append("%s==%s" % (each.metadata["Name"], each.version))
            owned |= its_own
    return {
        "pid": os.getpid(),
        "prefix": sys.prefix,
        "python": os.path.realpath(sys.executable),
        "loaded": sorted(loaded),
        "unowned": sorted(files - owned),
        "names": sorted({name.partition(".")[0] for name in sys.modules}),
        "missed": sorted(Missed.names),
    }


def hold_environment():
    """Let nobody remove the base while this server reads from it; return what has to stay open."""
    ready = os.open(os.path.join(sys.prefix, "keras-bisect.json"), os.O_RDONLY)
    fcntl.flock(ready, fcntl.LOCK_SH)
    return ready


# ---------------------------------------------------------------- the fork server


class Child(object):
    """A forked program, and the connection of the one who asked for it."""

    def __init__(self, pid, connection):
        self.pid = pid
        self.connection = connection
        self.handle = os.pidfd_open(pid)

    def kill(self):
        """Kill the child and its group, of which it is the leader as soon as it leads one."""
        for kill in (os.killpg, os.kill):
            try:
                kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def bury(self):
        """Take its status and tell it; what is left of its group goes with it."""
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        self.kill()
        _, status = os.waitpid(self.pid, 0)
        os.close(self.handle)
        tell(self.connection, status=status)
        self.connection.close()


class ForkServer(object):
    """Listens, forks and buries; one thread, so that a fork copies a process at rest."""

    def __init__(self, folder, name):
        self.folder = folder
        self.path = os.path.join(folder, name)
        self.environ = settled(os.environ)
        self.held = hold_environment()
        self.selector = selectors.DefaultSelector()
        self.alive = os.open(os.path.join(folder, "alive"), os.O_RDONLY | os.O_NONBLOCK)
        self.selector.register(self.alive, selectors.EVENT_READ, self.end)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(self.path)
        self.listener.listen(16)
        self.selector.register(self.listener, selectors.EVENT_READ, self.answer)
        self.children = {}
        self.set_by_tensorflow = {}

    def is_orphan(self):
        """Whether the run was over before this fork server could hear its end."""
        try:
            return os.read(self.alive, 1) == b""
        except BlockingIOError:
            return False

    def announce(self):
        """Write what the fork server is, whole or not at all."""
        with open(self.path + ".part", "w") as file:
            json.dump(facts(), file)
        os.rename(self.path + ".part", self.path + ".json")

    def serve(self):
        """Answer until nobody wants it; in a child, return the request it is to be."""
        if self.is_orphan():
            self.end()
        while self.children or os.path.exists(self.path + ".json"):
            for key, _ in self.selector.select(LOOK):
                request = key.data()
                if request:
                    return request
        with contextlib.suppress(FileNotFoundError):  # the run may have removed it
            os.unlink(self.path)
        return None

    def answer(self):
        """Fork for one connection; in the child, return its request."""
        connection, _ = self.listener.accept()
        descriptors, pid = [], None
        try:
            message, descriptors, _, _ = socket.recv_fds(connection, LONGEST_REQUEST, 2)
            request = json.loads(message) if len(descriptors) == 2 else None
            reason = self.reason(request)
            pid = None if reason else os.fork()
        except (OSError, ValueError) as error:
            reason = "%s: %s" % (type(error).__name__, error)
        try:
            if pid == 0:
                self.leave(descriptors)
                request["environ"].update(self.set_by_tensorflow)
                become(connection, request)
                return request
        finally:
            for each in descriptors:
                os.close(each)
        if reason:
            tell(connection, refused=reason)
            connection.close()
        else:
            self.adopt(Child(pid, connection))
        return None

    def reason(self, request):
        """Why no child can be had; None where it can."""
        if request is None:
            return "the request is not whole"
        threads = number_of_threads()
        if threads != 1:
            return "%d threads are alive in the fork server" % threads
        wanted = settled(request["environ"])
        if wanted != self.environ:
            other = {name for name, _ in wanted.items() ^ self.environ.items()}
            return "other environment variables: %s" % ", ".join(sorted(other))
        return None

    def adopt(self, child):
        """Wait for the end of a child, and for a word or the end of who asked for it."""

        def bury():
            self.selector.unregister(child.handle)
            if child.connection in self.selector.get_map():
                self.selector.unregister(child.connection)
            del self.children[child.pid]
            child.bury()

        def kill():
            if child.pid not in self.children:
                return  # it ended in the same moment
            with contextlib.suppress(OSError):  # unread, it would hide the status from who asked
                child.connection.recv(16)
            self.selector.unregister(child.connection)
            child.kill()

        self.children[child.pid] = child
        self.selector.register(child.handle, selectors.EVENT_READ, bury)
        self.selector.register(child.connection, selectors.EVENT_READ, kill)

    def leave(self, descriptors):
        """In the child: a session of its own, its own output, and nothing of the fork server's."""
        os.setsid()
        os.close(self.held)
        for child in self.children.values():
            child.connection.close()
        for number, each in enumerate(descriptors, start=1):
            os.dup2(each, number)
        for key in list(self.selector.get_map().values()):
            if isinstance(key.fileobj, int):
                os.close(key.fileobj)
            else:
                key.fileobj.close()
        self.selector.close()

    def end(self):
        """The run that this fork server belongs to is over."""
        for child in self.children.values():
            child.kill()
        shutil.rmtree(self.folder, ignore_errors=True)  # as the other fork servers of the run do
        os._exit(0)


def settled(environ):
    """The variables that may have had a say in what is loaded already."""
    return {name: value for name, value in environ.items() if name not in READ_LATE}


def set_since(before):
    """The variables that are set, and were not before."""
    return {name: value for name, value in settled(os.environ).items() if before.get(name) != value}


def tell(connection, **message):
    """Send a message; who asked may be gone."""
    try:
        connection.send(json.dumps(message).encode())
    except OSError:
        pass


# ---------------------------------------------------------------- the child


def become(connection, request):
    """Move to the environment of a request, and say so; or that it cannot be done, and end."""
    try:
        move_to(request["command"], request["environ"])
        import_keras_as_tensorflow_does(request["command"][-1])
    except Exception as error:
        tell(connection, refused="%s: %s" % (type(error).__name__, error))
        raise
    tell(connection, pid=os.getpid())
    connection.close()


def move_to(command, environ):
    """Make this process one of the environment and the program that a command line names."""
    os.environ.clear()
    os.environ.update(environ)
    old, new = sys.prefix, os.path.dirname(os.path.dirname(command[0]))
    origins = {name: origin_of(name) for name in HELD}
    sys.executable = command[0]
    sys.prefix = sys.exec_prefix = new
    sys.orig_argv, sys.argv = list(command), command[3:]
    site.PREFIXES[:] = [new]
    sys.modules.pop("sysconfig", None)  # it keeps the prefix
    tempfile.tempdir = None
    move_path(old, new, environ.get("PYTHONPATH", ""))
    for name, origin in origins.items():
        move_packages(origin, origin_of(name))
    if "numpy.random" in sys.modules:  # else all children would have the same
        sys.modules["numpy.random"].seed()


def import_keras_as_tensorflow_does(work_path):
    """Import what the end of TensorFlow's own import would; what it raises is nothing new there.

    Where the program imports Keras itself and at once, it comes to the same.
    """
    with open(work_path) as file:
        work = json.load(file)
    if work["module"] == "keras" and all(cell["format"] != "script" for cell in work["cells"]):
        return
    try:
        importlib.import_module("keras.src.optimizers")
    except (ImportError, AttributeError):
        pass


def move_path(old, new, overlay):
    """Look for modules in the other environment, as its own Python would."""
    first, *rest = (new + each[len(old) :] if is_in(each, old) else each for each in sys.path)
    sys.path[:] = [first, *filter(None, overlay.split(os.pathsep)), *rest]
    sys.path_importer_cache.clear()
    importlib.invalidate_caches()
    packages = site.getsitepackages()[0]
    site.addsitedir(packages, known_paths=set(sys.path))


def origin_of(name):
    """The folder of a package that is not imported; None where there is none."""
    spec = PathFinder.find_spec(name)
    return os.path.dirname(spec.origin) if spec and spec.origin else None


def move_packages(old, new):
    """TensorFlow has parts of Keras on the path of its own packages, for ``tensorflow.keras``."""
    for module in list(sys.modules.values()):
        path = getattr(module, "__path__", None)
        if old and isinstance(path, list):
            moved = (new and new + each[len(old) :] if is_in(each, old) else each for each in path)
            path[:] = [each for each in moved if each]


def is_in(path, folder):
    return path == folder or path.startswith(folder + os.sep)


def run(old, program, arguments):
    """Run a program of this folder in the place of the one that this process was started with."""
    module = importlib.import_module(os.path.basename(program).partition(".")[0])
    sys.modules["__main__"] = sys.modules["__mp_main__"] = module
    places = sys.modules["runner"].PLACES
    places.append((old, "<environment>"))  # where TensorFlow was loaded from
    places.sort(key=lambda each: -len(each[0]))  # one can begin with another
    module.main(*arguments)


def main(folder, name):
    """The fork server; the child that comes out of it runs its program and ends as that does."""
    base = sys.prefix
    server = ForkServer(folder, name)
    load()
    server.set_by_tensorflow = set_since(server.environ)
    gc.collect()
    gc.freeze()
    server.announce()
    request = server.serve()
    if request:
        run(base, sys.argv[0], sys.argv[1:])


if __name__ == "__main__":
    main(*sys.argv[1:])
