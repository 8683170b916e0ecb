"""The operator's commands, each a process of its own that begins where Python has loaded everything: 1.5 s sooner.

One process loads the house without making an application, and is forked for each command: environment, folder,
arguments, standard streams and exit code are the command's, as if the shell had started it.
"""

import atexit
import functools
import gc
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_LONGEST = 100_000  # bytes of a command with its environment
_STREAMS = 3


class Warm:
    """The process that waits to be forked; it ends with ours."""

    def __init__(self, root: Path) -> None:
        """Start it."""
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.servers.warm", str(theirs.fileno())],
                cwd=root,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        atexit.register(self._end)

    def run(
        self, words: Sequence[str], environ: Mapping[str, str], said: str, limit: float
    ) -> subprocess.CompletedProcess[str]:
        """Run ``flask`` with these words to its end.

        Args:
            words: what stands behind ``flask``.
            environ: all of its environment.
            said: its standard input.
            limit: after how many seconds it hangs.

        Raises:
            TimeoutError: it hangs, and was killed.
        """
        streams = [os.memfd_create(name) for name in ("input", "output", "errors")]
        try:
            os.write(streams[0], said.encode())
            os.lseek(streams[0], 0, os.SEEK_SET)
            self._line.settimeout(limit)
            asked = json.dumps([list(words), dict(environ)]).encode()
            socket.send_fds(self._line, [asked], streams)
            code = int(self._line.recv(_LONGEST))
            output, errors = (os.pread(stream, os.fstat(stream).st_size, 0).decode() for stream in streams[1:])
        except BaseException:
            self._end()
            _warm.cache_clear()
            raise
        finally:
            for stream in streams:
                os.close(stream)
        return subprocess.CompletedProcess(["flask", *words], code, output, errors)

    def _end(self) -> None:
        atexit.unregister(self._end)
        self._line.close()
        if self._process.poll() is None:
            os.killpg(self._process.pid, 9)
        self._process.wait()


@functools.cache
def _warm(root: Path) -> Warm:
    return Warm(root)


def run(
    root: Path, words: Sequence[str], environ: Mapping[str, str], said: str, limit: float
) -> subprocess.CompletedProcess[str]:
    """Run ``flask`` with these words to its end, in a folder; see ``Warm.run``."""
    return _warm(root).run(words, environ, said, limit)


def _wait(line: socket.socket) -> None:
    """Be forked for each command that is asked for; return in the process that is to run it."""
    gc.collect()
    gc.freeze()
    while True:
        asked, streams, _, _ = socket.recv_fds(line, _LONGEST, _STREAMS)
        if not asked:
            sys.exit()
        child = os.fork()
        if child == 0:
            break
        for stream in streams:
            os.close(stream)
        line.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())
    line.close()
    for place, stream in enumerate(streams):
        os.dup2(stream, place)
        os.close(stream)
    words, environ = json.loads(asked)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["flask", "--app", "wsgi", *words]


if __name__ == "__main__":
    import flask.cli

    import intake.app  # noqa: F401 all of the house, but no application

    _wait(socket.socket(fileno=int(sys.argv[1])))
    flask.cli.main()
