"""``python -m tests.bench.mail_sink``: a mail server that takes every letter and keeps none. It says its port first."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from intake import supervisor
from intake.config import ROOT
from tests.bench.instance import HOST

_ANSWERS = {b"EHLO": b"250 localhost\r\n", b"DATA": b"354 Go on\r\n", b"QUIT": b"221 Bye\r\n"}
_OK = b"250 OK\r\n"


@contextmanager
def running() -> Iterator[int]:
    """Run this in a process of its own; yield its port."""
    command = (sys.executable, "-m", "tests.bench.mail_sink")
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True) as sink:
        try:
            yield int(sink.stdout.readline() if sink.stdout else 0)
        finally:
            sink.terminate()


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 localhost\r\n")
    while line := await reader.readline():
        command = line[:4].upper()
        writer.write(_ANSWERS.get(command, _OK))
        if command == b"DATA":
            await reader.readuntil(b"\r\n.\r\n")
            writer.write(_OK)
        await writer.drain()
        if command == b"QUIT":
            break
    writer.close()


async def _serve() -> None:
    server = await asyncio.start_server(_talk, HOST, 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    supervisor.end_with(os.getppid())
    asyncio.run(_serve())
