"""A store that speaks S3 (moto's), on a free port of 127.0.0.1, in a process of its own that ends with this one."""

import http.client
import secrets
import subprocess
import sys
from dataclasses import replace
from typing import Self

from intake.file_settings import ObjectStore

HOST = "127.0.0.1"
STOP_LIMIT = 10.0  # seconds
# It ends when its input does, even where this process is killed.
_RUN = f"""
import logging, sys
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="{HOST}", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


class S3Server:
    """A store in memory; every test takes a bucket of its own."""

    def __init__(self) -> None:
        """Prepare; nothing runs before start()."""
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start the process, and wait until it listens."""
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", _RUN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()  # all that it has is in memory
            self._process.communicate(timeout=STOP_LIMIT)

    def without_bucket(self) -> ObjectStore:
        """Return the settings of a bucket that is not there."""
        endpoint = f"http://{HOST}:{self.port}"
        return ObjectStore(endpoint, f"b{secrets.token_hex(8)}", "us-east-1", "okapi-key", "okapi-word")

    def bucket(self) -> ObjectStore:
        """Make an empty bucket; return its settings."""
        settings = self.without_bucket()
        connection = http.client.HTTPConnection(HOST, self.port)
        connection.request("PUT", f"/{settings.bucket}")
        assert connection.getresponse().status == 200
        connection.close()
        return settings

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()


def away(settings: ObjectStore, port: int) -> ObjectStore:
    """Return settings of a store that is elsewhere, where perhaps nobody listens."""
    return replace(settings, endpoint=f"http://{HOST}:{port}")
