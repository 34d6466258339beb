"""Sandboxes: what a command in each kind that this machine has can not do."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from harness.environments import sandbox as sandbox_module
from harness.environments.confine import NOT_CONFINED, NotConfined, seccomp_filter
from harness.environments.sandbox import (
    Access,
    Landlock,
    Limits,
    Sandbox,
    SandboxExec,
    Trusted,
    candidates,
    empty_folder,
    find_sandbox,
    why_not,
)
from harness.environments.sandboxed import OUT_OF_PATIENCE, Sandboxed, sandboxed
from tests.conftest import wait_until

KINDS = [each for each in candidates() if not why_not(each)]
MB = 1 << 20

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.split()[0])


def cmdline(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Path]:
    with empty_folder(tmp_path) as folder:
        yield folder


def run(
    kind: Sandbox,
    work: Path,
    code: str,
    limits: Limits | None = None,
    read: tuple[Path, ...] = (),
    kept: Path | None = None,
) -> tuple[Sandboxed, str]:
    """Run some Python in a sandbox; return how it ended and what it printed."""
    limits = limits or Limits(patience=120)
    program = [sys.executable, "-I", "-S", "-c", textwrap.dedent(code)]
    with sandboxed(
        kind, program, access=Access(read, work, kept), limits=limits, env={"SAFE": "1"},
        stderr=subprocess.STDOUT,
    ) as running:  # fmt: skip
        output = running.output.read()
        running.child.wait()
        return running, output


@pytest.mark.skipif(sys.platform != "linux", reason="the kinds of Linux")
def test_this_machine_has_a_sandbox() -> None:
    """Without one, all tests below would be skipped unnoticed."""
    assert KINDS
    assert find_sandbox() == KINDS[0]


def test_without_a_sandbox_the_probe_escapes() -> None:
    told = why_not(Trusted())
    assert "it reads" in told
    assert "it reaches a server" in told
    assert "it writes a file outside" in told


def test_a_sandbox_that_does_not_start_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = sandbox_module.Bubblewrap("/nonexistent/bwrap", "0.8.0")
    assert why_not(broken).startswith("bubblewrap 0.8.0 does not run")
    monkeypatch.setattr(sandbox_module, "candidates", lambda: iter([broken]))
    find_sandbox.cache_clear()
    try:
        assert find_sandbox() is None
    finally:
        find_sandbox.cache_clear()


@every_kind
def test_it_sees_what_it_is_shown_and_nothing_beside(
    kind: Sandbox, work: Path, tmp_path: Path
) -> None:
    shown, hidden = tmp_path / "shown", tmp_path / "hidden"
    shown.write_text("seen")
    hidden.write_text("secret")
    _, output = run(
        kind,
        work,
        f"""
        print(open({str(shown)!r}).read())
        try:
            print(open({str(hidden)!r}).read())
        except OSError:
            print("hidden")
        """,
        read=(shown,),
    )
    assert output.split() == ["seen", "hidden"]


@every_kind
def test_what_is_kept_is_there_afterwards_and_counts_as_disk(
    kind: Sandbox, work: Path, tmp_path: Path
) -> None:
    with empty_folder(tmp_path) as kept:
        kept.chmod(0o777)
        beside = kept.parent / "beside"
        code = f"""
        open({str(kept / "new")!r}, "w").write("made")
        try:
            open({str(beside)!r}, "w")
        except OSError:
            print("refused")
        """
        _, output = run(kind, work, code, kept=kept)
        assert output.split() == ["refused"]
        assert (kept / "new").read_text() == "made"
        assert not beside.exists()
        endless = f"""
        import time
        for number in range(100):
            open({str(kept)!r} + "/%d" % number, "wb").write(bytes({MB}))
            time.sleep(0.05)
        """
        running, _ = run(kind, work, endless, Limits(disk=8 * MB, patience=120), kept=kept)
        assert "MB of disk" in running.exceeded


@every_kind
@pytest.mark.parametrize("place", ["/etc/passwd", "/etc/shadow", "~/.bashrc", "~/.ssh", "~/.netrc"])
def test_it_can_not_read_the_users_own_files(kind: Sandbox, work: Path, place: str) -> None:
    path = os.path.expanduser(place)  # noqa: PTH111 - as a program would
    code = f"""
    import os
    try:
        print(os.listdir({path!r}) if os.path.isdir({path!r}) else open({path!r}).read())
    except OSError as error:
        print(type(error).__name__)
    """
    _, output = run(kind, work, code)
    assert output.strip() in ("FileNotFoundError", "PermissionError")


@every_kind
def test_it_can_not_change_what_it_is_shown(kind: Sandbox, work: Path, tmp_path: Path) -> None:
    shown = tmp_path / "shown"
    shown.mkdir()
    (shown / "file").write_text("as it was")
    code = f"""
    import os
    from pathlib import Path
    for attempt in (
        lambda: Path({str(shown)!r}, "file").write_text("changed"),
        lambda: Path({str(shown)!r}, "new").write_text("new"),
        lambda: os.remove({str(shown / "file")!r}),
        lambda: os.chmod({str(shown / "file")!r}, 0o777) or Path({str(shown)!r}, "file").unlink(),
    ):
        try:
            attempt()
            print("done")
        except OSError:
            pass
    """
    _, output = run(kind, work, code, read=(shown,))
    assert "done" not in output
    assert [path.name for path in shown.iterdir()] == ["file"]
    assert (shown / "file").read_text() == "as it was"


@every_kind
@pytest.mark.parametrize("place", ["/tmp", "/", "/var/tmp", "/dev/shm", "/dev", "/usr", "/etc"])
def test_what_it_writes_elsewhere_is_nowhere(kind: Sandbox, work: Path, place: str) -> None:
    mark = Path(place) / f"escaped-{os.getpid()}"
    run(kind, work, f"open({str(mark)!r}, 'w').write('x')")
    assert not mark.exists()


@every_kind
def test_it_can_not_reach_a_server(kind: Sandbox, work: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        code = f"""
        import socket
        for family, address in (
            (socket.AF_INET, ("127.0.0.1", {server.getsockname()[1]})),
            (socket.AF_INET, ("192.0.2.1", 80)),
        ):
            try:
                socket.socket(family).connect(address)
                print("connected")
            except OSError:
                print("refused")
        """
        _, output = run(kind, work, code)
        assert output.split() == ["refused", "refused"]
        with pytest.raises(TimeoutError):
            server.accept()


@every_kind
def test_it_has_no_variables_but_those_given(
    kind: Sandbox, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "do not tell")
    _, output = run(kind, work, "import os; print(dict(os.environ))")
    assert "SECRET_TOKEN" not in output
    assert "'SAFE': '1'" in output


@every_kind
def test_it_can_not_end_a_process_outside(kind: Sandbox, work: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        code = f"""
        import os
        try:
            os.kill({sleeper.pid}, 9)
        except OSError:
            pass
        """
        run(kind, work, code)
        time.sleep(0.1)
        assert sleeper.poll() is None
        sleeper.kill()


@every_kind
def test_a_fork_bomb_is_ended_with_all_its_processes(kind: Sandbox, work: Path) -> None:
    """Each process doubles; 2 ** 8 would be there at last, in groups of their own."""
    code = """
    import os, time
    refused = 0
    for _ in range(8):
        try:
            if os.fork() == 0:
                os.setsid()
        except OSError:
            refused += 1
            time.sleep(0.1)
    print("refused" if refused else "", flush=True)
    time.sleep(60)
    """
    _, output = run(kind, work, code, Limits(processes=40, patience=4))
    assert "refused" in output or output.count("\n") < 2**8  # by the kernel, or by who watches

    def left() -> list[psutil.Process]:
        return [each for each in psutil.process_iter() if "refused" in " ".join(cmdline(each))]

    wait_until(lambda: not left(), seconds=10)  # a killed process takes a moment to end


@every_kind
def test_one_process_can_not_exceed_the_memory(kind: Sandbox, work: Path) -> None:
    _, output = run(kind, work, f"x = bytearray({400 * MB}); print('had it')", Limits(200 * MB))
    assert "MemoryError" in output
    assert "had it" not in output


@every_kind
def test_processes_can_not_exceed_the_memory_together(kind: Sandbox, work: Path) -> None:
    code = f"""
    import os, time
    for _ in range(3):
        if os.fork() == 0:
            x = bytearray(b"x") * {150 * MB}
            time.sleep(20)
            os._exit(0)
    time.sleep(20)
    print("had it")
    """
    running, output = run(kind, work, code, Limits(300 * MB, patience=120))
    starts_none = isinstance(kind, Landlock) and "PermissionError" in output
    assert running.exceeded == "more than 300 MB of memory" or starts_none
    assert "had it" not in output


@every_kind
def test_it_can_not_fill_the_disk(kind: Sandbox, work: Path) -> None:
    code = f"""
    import time
    for number in range(20):
        with open(str(number), "wb") as file:
            file.write(bytes({10 * MB}))
    time.sleep(5)
    print("had it")
    """
    running, output = run(kind, work, code, Limits(disk=40 * MB, patience=120))
    assert running.exceeded == "more than 40 MB of disk" or "No space left" in output
    assert "had it" not in output


@every_kind
def test_it_can_write_into_its_working_folder(kind: Sandbox, work: Path) -> None:
    _, output = run(kind, work, "open('a', 'w').write('x'); print(open('a').read())")
    assert output.strip() == "x"


@every_kind
def test_it_is_ended_in_time(kind: Sandbox, work: Path) -> None:
    running, _ = run(kind, work, "import time; time.sleep(60)", Limits(patience=1))
    assert running.exceeded == OUT_OF_PATIENCE


@every_kind
def test_a_process_can_not_exceed_its_processor_time(kind: Sandbox, work: Path) -> None:
    running, _ = run(kind, work, "while True: pass", Limits(seconds=1, patience=120))
    assert running.exceeded == ""
    assert running.child.returncode != 0


def test_the_filter_ends_in_its_two_answers() -> None:
    program = seccomp_filter("x86_64")
    instructions = [program[at : at + 8] for at in range(0, len(program), 8)]
    for place, instruction in enumerate(instructions):
        if instruction[0] in (0x15, 0x35):
            assert all(place + 1 + jump < len(instructions) for jump in instruction[2:4])
    assert [each[0] for each in instructions[-2:]] == [0x06, 0x06]


def test_a_machine_without_known_calls_is_not_confined() -> None:
    with pytest.raises(NotConfined, match="no system calls are known for vax"):
        seccomp_filter("vax")


def test_a_program_is_not_run_where_confining_fails(work: Path) -> None:
    command = Trusted().command(["/bin/echo", "ran"], Access([], work), Limits())
    rules = command[command.index("/bin/echo") - 1]
    command[command.index(rules)] = rules[:-1] + ', "landlock": true, "read": [], "write": 1}'
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "ran" not in finished.stdout
    assert finished.returncode in (1, NOT_CONFINED)


def test_the_profile_for_macos_names_what_is_visible(work: Path) -> None:
    """It can only be tried on a Mac, where the probe refuses it if it does not hold."""
    command = SandboxExec("/usr/bin/sandbox-exec").command(
        ["x"], Access([Path("/opt")], work), Limits()
    )
    profile = command[2]
    assert profile.index("(deny file-write*)") < profile.index("(allow file-write*")
    assert "(deny network*)" in profile
    assert '(subpath "/opt")' in profile
