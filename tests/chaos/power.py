"""A power cut: whatever no program had synced is gone.

To kill a process costs nothing that it wrote: the system has it. So who forgets to sync is never found out by kills.
Here the programs of an instance run under a seccomp filter that hands each fsync and fdatasync to the power station, a
process of its own: it puts the file aside as it is at this moment, and lets the call go on. A cut, while everything is
dead, brings back what was put aside: a file is then as it was when it was last synced, and empty if it never was.
Names survive (a new, renamed or removed file is so after the cut, too), as a disk may leave it, and contents do not.

The kernel tells of each call over a descriptor (seccomp_unotify(2)), which needs neither root nor a compiler.
"""

import ctypes
import errno
import fcntl
import os
import platform
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

LIMIT = 60.0  # seconds; a cut takes some tenths
_SYNCS = {"x86_64": (317, 74, 75), "aarch64": (277, 82, 83)}  # the numbers of seccomp, fsync, fdatasync
_NEW_LISTENER, _FILTER_MODE = 8, 1
_RECEIVE, _SEND, _GO_ON = 0xC0502100, 0xC0182101, 1  # ioctl numbers and a flag of linux/seccomp.h
_NOTICE, _ANSWER = struct.Struct("QIIiIQ6Q"), struct.Struct("QqiI")
_NO_NEW_PRIVILEGES, _DIE_WITH_PARENT = 38, 1  # options of prctl
_WATCH, _ADOPT, _CUT, _DONE = b"watch", b"adopt", b"cut", b"done"
_LAUNCH, _NO_STATION = (sys.executable, "-m", "tests.chaos.power", "launch"), "-"
LAUNCH = (*_LAUNCH, _NO_STATION, "0", "0")  # what a program is put behind that nobody watches


def why_not() -> str:
    """Return why there are no power cuts on this machine; nothing where there are."""
    if platform.machine() not in _SYNCS:
        return f"nobody wrote down the numbers of system calls on {platform.machine()}"
    tried = subprocess.run([sys.executable, "-m", __name__, "try"], check=False, capture_output=True, text=True)
    return "" if tried.returncode == 0 else (tried.stderr.strip().splitlines() or ["the kernel refuses"])[-1]


class Station:
    """The process that keeps what is synced below some folders."""

    def __init__(self, folder: Path, *watched: Path) -> None:
        """Start it.

        Args:
            folder: an empty one, for what is put aside.
            watched: where power is cut.
        """
        self.address = folder / "socket"
        command = [sys.executable, "-m", __name__, "keep", str(folder), *map(str, watched)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == _DONE, "the power station did not start"

    def launching(self, user: int = 0, group: int = 0) -> list[str]:
        """Return the command that a program is put behind, to be watched: it runs as that user then."""
        return [*_LAUNCH, str(self.address), str(user), str(group)]

    def adopt(self) -> None:
        """Let all that lies there at this moment count as synced."""
        self._ask(_ADOPT)

    def cut(self) -> int:
        """Bring back what was synced, while nothing runs that writes; return how many files lost something."""
        return int(self._ask(_CUT))

    def stop(self) -> None:
        """End it, and what it watches: a system call that nobody answers fails."""
        self._process.kill()
        self._process.communicate()

    def _ask(self, what: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
            line.settimeout(LIMIT)
            line.connect(str(self.address))
            line.send(what)
            return line.recv(100)


class _Aside:
    """What was synced: a copy of each file, called by its number."""

    def __init__(self, folder: Path, watched: list[str]) -> None:
        self._folder, self._watched = folder, tuple(watched)

    def adopt(self) -> None:
        for path in self._files():
            with path.open("rb") as file:
                self.put(file.fileno())

    def synced(self, thread: int, number: int) -> None:
        """Put a file aside that a thread is about to sync, if it is one of ours."""
        with suppress(OSError):  # whoever asked was killed meanwhile
            place = f"/proc/{thread}/fd/{number}"
            if os.readlink(place).startswith(self._watched):  # noqa: PTH115 pathlib would make a path of its text
                file = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    self.put(file)
                finally:
                    os.close(file)

    def put(self, file: int) -> None:
        size, name = os.fstat(file).st_size, self._name(file)
        if name is not None:
            with (self._folder / name).open("r+b" if (self._folder / name).exists() else "wb") as copy:
                _pour(file, copy.fileno(), size)

    def cut(self) -> int:
        lost = 0
        for path in self._files():
            with path.open("r+b") as file:
                name = self._name(file.fileno())
                aside = self._folder / str(name)
                kept = aside.read_bytes() if aside.exists() else b""
                if file.read() != kept:
                    file.seek(0)
                    file.write(kept)
                    file.truncate()
                    lost += 1
        return lost

    def _files(self) -> list[Path]:
        found = [path for folder in self._watched for path in Path(folder).rglob("*")]
        return [path for path in found if path.is_file() and not path.is_symlink()]

    @staticmethod
    def _name(file: int) -> str | None:
        about = os.fstat(file)
        is_file = about.st_mode & 0o170000 == 0o100000
        return f"{about.st_dev}-{about.st_ino}" if is_file else None


def _pour(source: int, target: int, size: int) -> None:
    at = 0
    while at < size:
        sent = os.sendfile(target, source, at, size - at)
        if sent == 0:
            break
        at += sent
    os.ftruncate(target, at)


def _keep(folder: str, *watched: str) -> None:
    """Be the power station, until killed or alone."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    aside_folder = Path(folder) / "aside"
    shutil.rmtree(aside_folder, ignore_errors=True)
    aside_folder.mkdir()
    aside = _Aside(aside_folder, list(watched))
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        door.bind(f"{folder}/socket")
        door.listen()
        sys.stdout.write(f"{_DONE.decode()}\n")
        sys.stdout.flush()
        waiting = select.poll()
        waiting.register(door, select.POLLIN)
        while True:
            for descriptor, event in waiting.poll():
                if descriptor == door.fileno():
                    _open(door, aside, waiting)
                elif event & select.POLLIN:
                    _answer(descriptor, aside)
                else:  # all that it told of have ended
                    waiting.unregister(descriptor)
                    os.close(descriptor)


def _open(door: socket.socket, aside: _Aside, waiting: select.poll) -> None:
    line, _ = door.accept()
    with line:
        asked, descriptors, _, _ = socket.recv_fds(line, 100, 1)
        for descriptor in descriptors:
            waiting.register(descriptor, select.POLLIN)
        if asked == _ADOPT:
            aside.adopt()
        line.send(str(aside.cut()).encode() if asked == _CUT else _DONE)


def _answer(descriptor: int, aside: _Aside) -> None:
    notice = bytearray(_NOTICE.size)
    try:
        fcntl.ioctl(descriptor, _RECEIVE, notice, True)  # noqa: FBT003 the buffer is filled
        name, thread, _, _, _, _, number, *_ = _NOTICE.unpack(notice)
        aside.synced(thread, number)
        fcntl.ioctl(descriptor, _SEND, _ANSWER.pack(name, 0, 0, _GO_ON))
    except OSError as error:  # whoever asked was killed before or after
        if error.errno not in {errno.ENOENT, errno.EINTR}:
            raise


def _listener() -> int:
    """Put this process, and all that it starts, under the filter; return what tells of their syncs.

    Raises:
        OSError: the kernel refuses.
    """
    seccomp, fsync, fdatasync = _SYNCS[platform.machine()]
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    # Load the number of the call; is it one, or the other? Tell; else allow.
    steps = (
        (0x20, 0, 0, 0),
        (0x15, 1, 0, fsync),
        (0x15, 0, 1, fdatasync),
        (6, 0, 0, 0x7FC00000),
        (6, 0, 0, 0x7FFF0000),
    )
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    described = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(program)))
    found = int(library.syscall(seccomp, _FILTER_MODE, _NEW_LISTENER, described))
    if found < 0:
        raise OSError(ctypes.get_errno(), "the kernel does not tell of system calls")
    return found


def _launch(address: str, user: str, group: str, *command: str) -> None:
    """Become a program that ends with who started it, and of whose syncs the power station hears, if there is one."""
    if address != _NO_STATION:
        descriptor = _listener()
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
            line.connect(address)
            socket.send_fds(line, [_WATCH], [descriptor])
            assert line.recv(100) == _DONE
        os.close(descriptor)
    if int(user):
        os.setgroups([])
        os.setgid(int(group))
        os.setuid(int(user))
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    os.execv(command[0], command)  # noqa: S606 a program of ours


if __name__ == "__main__":
    verbs: dict[str, Callable[..., object]] = {"keep": _keep, "launch": _launch, "try": _listener}
    verbs[sys.argv[1]](*sys.argv[2:])
