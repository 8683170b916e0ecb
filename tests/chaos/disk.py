"""A small disk that a storm fills and makes read-only: a tmpfs in a namespace of our own, gone with this process.

As root the kernel lets us mount; others make themselves a user namespace for it, where the machine allows that. Where
neither works there is only a folder, and nothing is filled.
"""

import ctypes
import errno
import os
import time
from contextlib import suppress
from pathlib import Path

MEGABYTE = 1024**2
LEFT = 64 * 1024  # bytes that are left when it is full
CLOSED_WITHIN, LOOK_EVERY = 30.0, 0.05  # seconds
_USERS, _MOUNTS = 0x10000000, 0x00020000  # CLONE_NEWUSER, CLONE_NEWNS
_READ_ONLY, _REMOUNT, _RECURSIVE, _PRIVATE = 1, 32, 16384, 1 << 18  # of mount(2)
_AT_ONCE = 8  # megabytes


def own_mounts() -> str:
    """Let what this process mounts be its own; return why it cannot, nothing where it can.

    It must have no other thread yet.
    """
    library, user, group = ctypes.CDLL(None, use_errno=True), os.getuid(), os.getgid()
    if library.unshare(_MOUNTS if user == 0 else _USERS | _MOUNTS) != 0:
        return f"this user may not mount: {os.strerror(ctypes.get_errno())}"
    try:
        if user:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        _mount(b"none", Path("/"), b"", _RECURSIVE | _PRIVATE, b"")
    except OSError as error:
        return f"this user may not mount: {error.strerror}"
    return ""


class Disk:
    """A disk at a folder."""

    def __init__(self, folder: Path, megabytes: int, *, mode: int = 0o700) -> None:
        """Mount it."""
        self.folder, self._said = folder, f"size={megabytes}m,mode={mode:o}".encode()
        folder.mkdir(mode=mode, exist_ok=True)
        self._ballast = folder / "ballast"
        _mount(b"tmpfs", folder, b"tmpfs", 0, self._said)

    def fill(self) -> None:
        """Let there be no room but for a few pages."""
        with self._ballast.open("ab") as file:
            for size in (_AT_ONCE * MEGABYTE, MEGABYTE, LEFT):
                with suppress(OSError):
                    while True:
                        os.posix_fallocate(file.fileno(), file.tell(), size)
                        file.seek(0, os.SEEK_END)
            file.truncate(max(0, file.tell() - LEFT))

    def empty(self) -> None:
        """Let there be room again."""
        self._ballast.unlink(missing_ok=True)

    def set_read_only(self, *, wish: bool) -> None:
        """Let nobody write, or everybody. Who has a file open for writing must be dead first.

        Raises:
            OSError: somebody has, for longer than the system takes to close the files of the dead.
        """
        deadline = time.monotonic() + CLOSED_WITHIN
        while True:
            try:
                _mount(b"tmpfs", self.folder, b"tmpfs", _REMOUNT | (_READ_ONLY if wish else 0), self._said)
            except OSError as error:
                if error.errno != errno.EBUSY or time.monotonic() > deadline:
                    raise
                time.sleep(LOOK_EVERY)
            else:
                return

    def unmount(self) -> None:
        """Throw it away."""
        library = ctypes.CDLL(None, use_errno=True)
        library.umount2(bytes(self.folder), 2)


def _mount(source: bytes, target: Path, kind: bytes, flags: int, words: bytes) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    done = library.mount(source, bytes(target), kind or None, ctypes.c_ulong(flags), words or None)
    if done != 0:
        number = ctypes.get_errno() or errno.EPERM
        raise OSError(number, os.strerror(number))
