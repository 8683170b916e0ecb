"""What sits in the box can do nothing: whatever it tries, the walls stand, and who asked lives on."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from intake.evidence import box, box_process
from intake.evidence.box_process import Feed, NoCopyError, Process
from tests.evidence.boxed_files import encoded, photo, refused, seen

ROOT = Path(__file__).parents[2]
# What a program that has taken over its process might do. It is run behind the walls, and once without them.
PROBE = """
import ctypes, json, os, resource, signal, socket, subprocess, sys, threading
sys.path.append(sys.argv[1])
from intake.evidence.boxed import room, walls
secret, folder, walled = sys.argv[2], sys.argv[3], sys.argv[4] == "walled"
libc = ctypes.CDLL(None, use_errno=True)

def call(name, *arguments):
    ctypes.set_errno(0)
    if getattr(libc, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)

def write(path):
    with open(path, "w") as file:
        file.write("x")

def fork():
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)

def raise_limit():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 32), hard))

def ring():
    if libc.syscall(425, 1, ctypes.create_string_buffer(256)) == -1:
        raise OSError(ctypes.get_errno(), "io_uring_setup")

def thread():
    started = threading.Thread(target=int)
    started.start()
    started.join()

TRIED = {
    "read a file": lambda: open(secret).read(),
    "read the application": lambda: open(sys.argv[1] + "/wsgi.py").read(),
    "read another process": lambda: open("/proc/%d/environ" % os.getppid()).read(),
    "list a folder": lambda: os.listdir(folder),
    "write a file": lambda: write(folder + "/new"),
    "change a file": lambda: write(secret),
    "truncate a file": lambda: os.truncate(secret, 0),
    "make a folder": lambda: os.mkdir(folder + "/made"),
    "link a file": lambda: os.symlink(secret, folder + "/link"),
    "rename a file": lambda: os.rename(secret, secret + "2"),
    "remove a file": lambda: os.unlink(secret + "2"),
    "open a socket": lambda: socket.socket(),
    "open a socket of this machine": lambda: socket.socket(socket.AF_UNIX),
    "make a pair of sockets": lambda: socket.socketpair(),
    "start a process": fork,
    "start a program": lambda: subprocess.run(["/bin/true"], check=True),
    "signal its parent": lambda: os.kill(os.getppid(), 0),
    "read the memory of its parent": lambda: call("process_vm_readv", os.getppid(), None, 0, None, 0, 0),
    "make memory that can be run": lambda: os.close(os.memfd_create("x")),
    "take another user's rights": lambda: os.setresuid(-1, -1, -1),
    "leave its group": lambda: os.setpriority(os.PRIO_PROCESS, 0, 1),
    "change its limits": raise_limit,
    "go elsewhere": lambda: os.chdir("/"),
    "make a ring of calls": ring,
    "trace itself": lambda: call("ptrace", 0, 0, 0, 0) if walled else None,  # any signal would stop it
    "become another program": lambda: os.execv("/bin/true", ["/bin/true"]) if walled else None,
}
ALLOWED = {
    "load a library": lambda: __import__("wave"),
    "start a thread": thread,
    "know the time": lambda: __import__("time").time(),
}

def tried(what):
    try:
        what()
    except BaseException as error:
        return type(error).__name__
    return "done"

if walled:
    walls.rise(walls.Limits(20, 512 * 1024**2), readable=room.libraries())
found = {name: tried(what) for name, what in [*ALLOWED.items(), *TRIED.items()]}
if walled:
    found["take much memory"] = tried(lambda: bytearray(1024**3))
found["files"] = [number for number in range(64) if tried(lambda: os.fstat(number)) == "done"]
found["environment"] = sorted(set(os.environ) - {"LC_CTYPE"})
print(json.dumps(found))
"""
LOOP = """
import sys
sys.path.append(sys.argv[1])
from intake.evidence.boxed import room, walls
walls.rise(walls.Limits(1, 512 * 1024**2), readable=room.libraries())
while True:
    pass
"""
SAY = """
import json, os
def say(head, part=b""):
    text = json.dumps(head).encode()
    os.write(1, len(text).to_bytes(4, "big") + text + part)
"""
BARE = """
import json, os
files = [int(name) for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")]
print(json.dumps({
    "environment": sorted(set(os.environ) - {"LC_CTYPE"}),
    "folder": os.getcwd(),
    "leads": os.getsid(0) == os.getpgid(0) == os.getpid(),
    "mask": os.umask(0),
    "files": sorted(files),
}))
"""
PICTURE = encoded(photo(), "PNG")


def probed(folder: Path, how: str) -> dict[str, object]:
    """Let a program try what it can, started as the box starts its own; return what came of each."""
    (folder / "secret").write_text("okapi")
    command = [sys.executable, "-I", "-B", "-c", PROBE, str(ROOT), str(folder / "secret"), str(folder), how]
    done = subprocess.check_output(command, env={}, cwd="/", stdin=subprocess.DEVNULL, timeout=60)
    said: dict[str, object] = json.loads(done)
    return said


def test_behind_the_walls_nothing_can_be_reached(tmp_path: Path) -> None:
    said = probed(tmp_path, "walled")
    assert [said.pop(name) for name in ("load a library", "start a thread", "know the time")] == ["done"] * 3
    assert (said.pop("files"), said.pop("environment")) == ([0, 1, 2], [])
    assert said.pop("take much memory") == "MemoryError"
    assert set(said.values()) <= {"OSError", "PermissionError", "BlockingIOError"}, said
    assert len(said) > 20
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    assert (tmp_path / "secret").read_text() == "okapi"


def test_without_them_all_of_it_could_be(tmp_path: Path) -> None:
    said = probed(tmp_path, "bare")
    reached = {name for name, outcome in said.items() if outcome == "done"}
    assert len(reached) > 22, "else the test before proves little"
    assert {"read a file", "write a file", "open a socket", "start a process", "start a program"} <= reached


def test_what_never_ends_is_ended_by_its_own_clock() -> None:
    done = subprocess.run([sys.executable, "-I", "-B", "-c", LOOP, str(ROOT)], env={}, check=False)
    assert done.returncode == -signal.SIGALRM


def test_what_stops_its_clock_is_ended_by_who_started_it(monkeypatch: pytest.MonkeyPatch) -> None:
    become(monkeypatch, "import os, time; os.write(1, b'x'); time.sleep(1000)")
    monkeypatch.setattr(box_process, "LATER", 0.2)
    with (
        Feed([b"x"], 1) as feed,
        Process("texts", [], feed, 0) as process,
        pytest.raises(NoCopyError, match="too_long"),
    ):
        process.read(100)
    with pytest.raises(ProcessLookupError):
        os.killpg(process._process.pid, 0)  # noqa: SLF001 it is gone, and all its group


def test_who_asks_no_more_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Process] = []

    def start(*asked: Any) -> Process:
        started.append(Process(*asked))
        return started[-1]

    monkeypatch.setattr(box, "Process", start)
    parts = box.look("image/png", [PICTURE], len(PICTURE))
    next(parts)
    del parts
    (process,) = started
    with pytest.raises(ProcessLookupError):
        os.killpg(process._process.pid, 0)  # noqa: SLF001 it is gone, and all its group


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("broken", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"),
        ("broken", "import os; os.abort()"),
        ("too_long", "import os, signal; os.kill(os.getpid(), signal.SIGXCPU)"),
        ("broken", "raise SystemExit(1)"),
        ("broken", "pass"),
        ("broken", "import os; os.write(1, bytes(range(256)) * 999)"),
        ("broken", "import os; os.write(1, b'\\0\\0\\0\\2[]')"),
        ("broken", "import os; os.write(1, b'\\0\\0\\xff\\xff' + b'[' * 65535)"),
        ("broken", "say({'kind': 'picture', 'content_type': 'text/html', 'size': 1}, b'x')"),
        ("broken", "say({'kind': 'text', 'content_type': 'text/plain; charset=utf-8', 'size': 1}, b'x')"),
        ("broken", "say({'kind': 'picture', 'content_type': 'image/png', 'size': 5}, b'x')"),
        ("broken", "say({'kind': 'picture', 'content_type': 'image/png', 'size': 1 << 40})"),
        ("broken", "say({'kind': 'picture', 'content_type': 'image/png', 'size': -1})"),
        ("broken", "say({'kind': 'picture', 'content_type': 'image/png', 'size': 1, 'width': '<b>'}, b'x')"),
        ("broken", "[say({'kind': 'picture', 'content_type': 'image/png', 'size': 1}, b'x') for _ in range(9)]"),
        ("broken", "say({'reason': '<script>'})"),
        ("too_large", "say({'reason': 'too_large'})"),
    ],
)
def test_a_crash_or_a_lie_of_what_looks_is_a_reason_and_no_more(
    reason: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        become(patch, SAY + code if "say(" in code else code)
        assert refused("image/png", PICTURE) == reason


def test_after_a_crash_the_next_look_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        become(patch, "import os; os.abort()")
        assert refused("image/png", PICTURE) == "broken"
    assert len(seen("image/png", PICTURE)) == 1


@pytest.mark.parametrize("lacking", ["landlock", "pyseccomp"])
@pytest.mark.parametrize(("content_type", "file"), [("image/png", PICTURE), ("audio/amr", b"#!AMR\n" + bytes(99))])
def test_where_no_walls_can_be_built_nothing_is_looked_at(
    lacking: str, content_type: str, file: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = f"import sys; sys.modules['{lacking}'] = None; " + box_process._START  # noqa: SLF001 what it runs
    monkeypatch.setattr(box_process, "_START", start)
    assert refused(content_type, file) == "no_sandbox"
    if file == PICTURE:
        assert box.ill() == "no_sandbox"


def test_a_process_of_the_box_starts_with_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKAPI", "a secret of who asks")
    open_here, other = os.pipe()
    os.set_inheritable(open_here, True)  # noqa: FBT003 its signature
    become(monkeypatch, BARE)
    with Feed([b"x"], 1) as feed, Process("texts", [], feed, 30) as process:
        said = json.loads(process.read(10_000))
        assert said == {"environment": [], "folder": "/", "leads": True, "mask": 0o077, "files": [0, 1, 2]}
    os.close(open_here)
    os.close(other)


def test_what_a_process_is_given_is_in_memory_and_cannot_be_changed() -> None:
    with Feed(iter([b"okapi", b"", b"-marker", b"never asked for"]), 8) as feed:
        assert str(Path(f"/proc/self/fd/{feed.descriptor}").readlink()).startswith("/memfd:")
        assert feed.size == 8
        assert os.pread(feed.descriptor, 99, 0) == b"okapi-ma"
        with pytest.raises(PermissionError):
            os.pwrite(feed.descriptor, b"x", 0)
        with pytest.raises(PermissionError):
            os.ftruncate(feed.descriptor, 0)


def test_a_process_of_the_box_knows_nothing_of_the_application() -> None:
    modules = ", ".join(path.stem for path in (ROOT / "intake/evidence/boxed").glob("[!_]*.py"))
    code = f"import sys; sys.path.append(sys.argv[1]); from intake.evidence.boxed import {modules}; print(*sys.modules)"
    command = [sys.executable, "-I", "-B", "-c", code, str(ROOT)]
    loaded = set(subprocess.check_output(command, env={}, text=True).split())
    assert len(loaded) > 50
    ours = {name for name in loaded if name.startswith("intake.")} - {"intake.evidence"}
    assert all(name.startswith("intake.evidence.boxed") for name in ours)
    assert not {"flask", "werkzeug", "sqlalchemy", "pyrage"} & loaded


def become(patch: pytest.MonkeyPatch, code: str) -> None:
    """Let the next process run something else."""
    patch.setattr(box_process, "_START", code.replace("{", "{{").replace("}", "}}"))
