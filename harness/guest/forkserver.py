"""Imports TensorFlow once, without Keras, and forks a child for each program that is requested.

    python -s -B forkserver.py FOLDER NAME

This file runs with the Python of one environment. It needs TensorFlow 2.16 or newer, Linux, and
Python 3.9 or newer, which such a TensorFlow needs anyway.

It listens on the socket ``NAME`` in ``FOLDER``. Once it is ready, it writes ``NAME.json``: what it
has loaded, so that a client can prove that another environment would have loaded the same. When
that file is removed, it ends as soon as it has no children. When the writer of the named pipe
``alive`` in ``FOLDER`` is gone, it ends at once, with all its children.

A client opens one connection for each program. Its first message is a JSON object with ``command``
and ``environ``, and carries the file descriptors of standard output and standard error. The answer
has ``pid``, or ``refused`` with the reason. When the child has ended, ``status`` follows, as
`os.waitpid` gives it. Any other message of the client, or the end of the connection, makes the fork
server kill the child and its process group.
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
import threading
import time
from importlib import metadata
from importlib.machinery import PathFinder

from forked_child import KERAS_PACKAGES, enter_environment, run_program

#: Variables that are read when they are needed. All others must be those of TensorFlow's import.
FREE_VARIABLES = ("HOME", "KERAS_HOME", "TMPDIR", "PYTHONPATH")
#: Seconds between two checks of whether this fork server is still needed.
CHECK_INTERVAL = 1.0
LONGEST_REQUEST = 100000


# ---------------------------------------------------------------- the import of TensorFlow


class KerasBlocker(object):
    """A finder and loader: Keras can be found, as TensorFlow requires, and not be imported."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] not in KERAS_PACKAGES:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None:
            spec.loader = KerasBlocker
        return spec

    @staticmethod
    def create_module(spec):
        raise ImportError("%s is blocked" % spec.name)

    @staticmethod
    def exec_module(module):
        raise ImportError("%s is blocked" % module.__name__)


class NotFoundRecorder(object):
    """The last finder: records the modules that no finder has found, but other environments may."""

    names = set()

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        cls.names.add(name)


def import_tensorflow():
    """Import TensorFlow without Keras."""
    sys.meta_path.insert(0, KerasBlocker)
    sys.meta_path.append(NotFoundRecorder)
    sys.dont_write_bytecode = False  # all modules that are imported here are installed ones
    importlib.import_module("tensorflow")
    sys.dont_write_bytecode = True
    sys.meta_path.remove(KerasBlocker)
    sys.meta_path.remove(NotFoundRecorder)


def check_that_it_can_fork():
    """Exit with the reason where a child would not be like a process that begins with Keras."""
    if not is_single_threaded(within=1.0):
        raise SystemExit("TensorFlow starts threads when it is imported")
    imported = [name for name in sys.modules if name.partition(".")[0] in KERAS_PACKAGES]
    if imported:
        raise SystemExit("TensorFlow cannot be imported without its Keras: %s" % imported[0])


def number_of_threads():
    """The number of threads of this process, those of libraries included."""
    return len(os.listdir("/proc/self/task"))


def is_single_threaded(within):
    """Whether one thread is left within some seconds; an ended one stays listed for a moment."""
    deadline = time.monotonic() + within
    while number_of_threads() != 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    return number_of_threads() == 1


def describe_server():
    """What a pair must have, and must not have, for its own process to load the same."""
    packages = site.getsitepackages()[0]
    paths = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    files = {
        os.path.relpath(path, packages)
        for path in paths
        if path and path.startswith(sys.prefix + os.sep)
    }
    loaded, owned = [], set()
    for distribution in metadata.distributions(path=[packages]):
        record = (distribution.read_text("RECORD") or "").splitlines()
        own_files = files.intersection(line.split(",", 1)[0].strip('"') for line in record)
        if own_files:
            loaded.append("%s==%s" % (distribution.metadata["Name"], distribution.version))
            owned |= own_files
    return {
        "pid": os.getpid(),
        "prefix": sys.prefix,
        "python": os.path.realpath(sys.executable),
        "loaded": sorted(loaded),
        "unowned": sorted(files - owned),
        "imported": sorted({name.partition(".")[0] for name in sys.modules}),
        "not_found": sorted(NotFoundRecorder.names),
    }


def lock_environment():
    """Keep the environment from being removed; return the descriptor that holds the lock."""
    descriptor = os.open(os.path.join(sys.prefix, "keras-bisect.json"), os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


# ---------------------------------------------------------------- the fork server


class Child(object):
    """A forked program and the connection of its client."""

    def __init__(self, pid, connection):
        self.pid = pid
        self.connection = connection
        self.pidfd = os.pidfd_open(pid)

    def kill(self):
        """Kill the child and its process group; just after the fork, it may not have one yet."""
        for kill in (os.killpg, os.kill):
            try:
                kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def reap(self):
        """Kill the rest of the group of an ended child, and send its status to the client."""
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        self.kill()
        _, status = os.waitpid(self.pid, 0)
        os.close(self.pidfd)
        send(self.connection, status=status)
        self.connection.close()


class ForkServer(object):
    """Accepts requests, forks and reaps, all in one thread: a fork copies only the calling one."""

    def __init__(self, folder, name):
        self.folder = folder
        self.path = os.path.join(folder, name)
        self.fixed_variables = fixed_variables(os.environ)
        self.set_by_tensorflow = {}
        self.children = {}
        self.environment_lock = lock_environment()
        self.selector = selectors.DefaultSelector()
        self.alive = os.open(os.path.join(folder, "alive"), os.O_RDONLY | os.O_NONBLOCK)
        self.selector.register(self.alive, selectors.EVENT_READ, self.end)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(self.path)
        self.listener.listen(16)
        self.selector.register(self.listener, selectors.EVENT_READ, self.accept)

    def is_orphan(self):
        """Whether the run that this fork server belongs to is over."""
        try:
            return os.read(self.alive, 1) == b""
        except BlockingIOError:
            return False

    @contextlib.contextmanager
    def ended_with_its_run(self):
        """While the body runs, which the selector cannot interrupt, end this process with its run.

        The thread that watches is gone when the body ends: a fork copies only the calling thread.
        """
        done = threading.Event()

        def watch():
            while not done.wait(0.3):
                if self.is_orphan():
                    self.end()

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        yield
        done.set()
        watcher.join()

    def announce(self):
        """Write the description of this fork server in one step: it is ready."""
        with open(self.path + ".part", "w") as file:
            json.dump(describe_server(), file)
        os.rename(self.path + ".part", self.path + ".json")

    def serve(self):
        """Serve until nobody needs it, then return None; in a child, return the child's request."""
        if self.is_orphan():
            self.end()
        while self.children or os.path.exists(self.path + ".json"):
            for key, _ in self.selector.select(CHECK_INTERVAL):
                request = key.data()
                if request:
                    return request
        with contextlib.suppress(FileNotFoundError):  # the run may have removed it
            os.unlink(self.path)
        return None

    def accept(self):
        """Accept a connection and fork for it; in the child, return its request."""
        connection, _ = self.listener.accept()
        descriptors, pid = [], None
        try:
            message, descriptors, _, _ = socket.recv_fds(connection, LONGEST_REQUEST, 2)
            request = json.loads(message) if len(descriptors) == 2 else None
            refusal = self.why_refused(request)
            pid = None if refusal else os.fork()
        except (OSError, ValueError) as error:
            refusal = "%s: %s" % (type(error).__name__, error)
        try:
            if pid == 0:
                self.detach_child(descriptors)
                request["environ"].update(self.set_by_tensorflow)
                self.enter_environment(connection, request)
                return request
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        if refusal:
            send(connection, refused=refusal)
            connection.close()
        else:
            self.register(Child(pid, connection))
        return None

    def why_refused(self, request):
        """Why a request is refused; None where it is not."""
        if request is None:
            return "the request is incomplete"
        threads = number_of_threads()
        if threads != 1:
            return "the fork server has %d threads" % threads
        requested = fixed_variables(request["environ"])
        if requested != self.fixed_variables:
            names = {name for name, _ in requested.items() ^ self.fixed_variables.items()}
            return "other environment variables: %s" % ", ".join(sorted(names))
        return None

    def register(self, child):
        """Watch for the end of a child, and for a message or the end of its client."""

        def on_exit():
            self.selector.unregister(child.pidfd)
            if child.connection in self.selector.get_map():
                self.selector.unregister(child.connection)
            del self.children[child.pid]
            child.reap()

        def on_message():
            if child.pid not in self.children:
                return  # the child has been reaped in the same round
            with contextlib.suppress(OSError):  # an unread message would discard the status sent
                child.connection.recv(16)
            self.selector.unregister(child.connection)
            child.kill()

        self.children[child.pid] = child
        self.selector.register(child.pidfd, selectors.EVENT_READ, on_exit)
        self.selector.register(child.connection, selectors.EVENT_READ, on_message)

    def detach_child(self, descriptors):
        """In the child: start a session, use its own output, and close all that is the server's."""
        os.setsid()
        os.close(self.environment_lock)
        for child in self.children.values():
            child.connection.close()
        for number, descriptor in enumerate(descriptors, start=1):
            os.dup2(descriptor, number)
        for key in list(self.selector.get_map().values()):
            if isinstance(key.fileobj, int):
                os.close(key.fileobj)
            else:
                key.fileobj.close()
        self.selector.close()

    def enter_environment(self, connection, request):
        """In the child: move to the requested environment, and answer with the pid or a refusal."""
        try:
            enter_environment(request["command"], request["environ"])
        except Exception as error:
            send(connection, refused="%s: %s" % (type(error).__name__, error))
            raise
        send(connection, pid=os.getpid())
        connection.close()

    def end(self):
        """End with all children: the run that this fork server belongs to is over."""
        for child in self.children.values():
            child.kill()
        shutil.rmtree(self.folder, ignore_errors=True)  # each fork server of the run tries this
        os._exit(0)


def fixed_variables(environ):
    """The variables that can have influenced the import of TensorFlow."""
    return {name: value for name, value in environ.items() if name not in FREE_VARIABLES}


def variables_set_since(before):
    """The fixed variables that are set now and were not, or had another value, before."""
    now = fixed_variables(os.environ)
    return {name: value for name, value in now.items() if before.get(name) != value}


def send(connection, **message):
    """Send a message to a client, which may be gone."""
    try:
        connection.send(json.dumps(message).encode())
    except OSError:
        pass


def main(folder, name):
    """Run the fork server; each child returns here, runs its program and ends as that does."""
    server_prefix = sys.prefix
    server = ForkServer(folder, name)
    with server.ended_with_its_run():
        import_tensorflow()
    check_that_it_can_fork()
    server.set_by_tensorflow = variables_set_since(server.fixed_variables)
    gc.collect()
    gc.freeze()
    server.announce()
    request = server.serve()
    if request:
        run_program(server_prefix, sys.argv[0], sys.argv[1:])


if __name__ == "__main__":
    main(*sys.argv[1:])
