"""A machine with systemd: this one's own files under a layer that is thrown away, booted by systemd-nspawn."""

import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from intake import config

LIMIT = 120.0  # seconds; bounds a hang, and is no promise of speed
# What nspawn forbids and every machine allows: files are looked at in a process that walls itself in.
ALLOWED = "landlock_create_ruleset landlock_add_rule landlock_restrict_self"
# The layer lies in memory, in a namespace of mounts that ends with the machine. nspawn wants a /run that it may empty.
BOOT = (
    f"mount -t tmpfs -o size=1g tmpfs /run && mkdir -p /run/systemd /run/layer /run/work /run/root && "
    f"mount -t overlay overlay -o lowerdir=/,upperdir=/run/layer,workdir=/run/work /run/root && "
    f"exec systemd-nspawn --quiet --boot --directory=/run/root --register=no --keep-unit --console=read-only "
    f"--system-call-filter='{ALLOWED}' -- --unit=basic.target"
)
HIDDEN = ("/home", "/root", "/run")  # by ProtectHome= of the units
CODE = "/opt/intake-1"
PYTHON, PACKAGES = "/usr/bin/python3", sysconfig.get_path("purelib")  # the distribution's, which every user may run
FLASK = "import sys\nfrom flask.cli import main\nsys.exit(main())\n"


@dataclass(frozen=True)
class Machine:
    """A machine that is up."""

    init: int  # the number of its systemd

    def run(self, *command: str, words: bytes = b"", check: bool = True) -> str:
        """Run a command as root there; return what it wrote.

        Raises:
            AssertionError: it did not end well.
        """
        inside = ["nsenter", "-t", str(self.init), "-m", "-u", "-i", "-p", "-C", "env", "-i", "LANG=C.UTF-8"]
        path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        done = subprocess.run([*inside, path, *command], input=words, capture_output=True, check=False, timeout=LIMIT)
        said = (done.stdout + done.stderr).decode()
        assert done.returncode == 0 or not check, said
        return said

    def write(self, path: str, text: str) -> None:
        self.run("sh", "-c", f"cat > {path}", words=text.encode())


@contextmanager
def booted(folder: Path) -> Iterator[Machine]:
    """Boot a machine with this commit in /opt/intake, as an operator has it; it shares our loopback.

    Args:
        folder: for what it writes on its console.

    Raises:
        pytest.skip.Exception: this cannot be done here.
    """
    _need()
    with (folder / "console").open("wb") as console:
        process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", BOOT], stdin=subprocess.DEVNULL, stdout=console, stderr=console
        )
    try:
        machine = Machine(_init_of(process, folder / "console"))
        _put_code(machine)
        yield machine
    finally:
        process.kill()  # its processes end with it, and the layer with them
        process.wait(LIMIT)


def _need() -> None:
    lacking = [name for name in ("unshare", "nsenter", "systemd-nspawn") if shutil.which(name) is None]
    if lacking:
        pytest.skip(f"{', '.join(lacking)} is not there: apt install util-linux systemd-container")
    if os.geteuid() != 0:
        pytest.skip("only root boots a machine")
    packages = str(Path(PACKAGES).resolve())
    if any(packages.startswith(f"{hidden}/") for hidden in HIDDEN):
        pytest.skip(f"the units do not see {packages}")
    version = subprocess.run([PYTHON, "--version"], capture_output=True, text=True, check=False).stdout
    if not version.startswith(f"Python {sys.version_info.major}.{sys.version_info.minor}."):
        pytest.skip(f"{PYTHON}, which the units would use, is not of the version that the tests run with")


def _init_of(process: "subprocess.Popen[bytes]", console: Path) -> int:
    """Wait until systemd is up, and return its number."""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.skip(f"this machine boots no other: {console.read_text(errors='replace')[-500:]}")
        if "basic.target" in console.read_text(errors="replace"):
            for stat in Path("/proc").glob("[0-9]*/stat"):
                try:
                    name, _, rest = stat.read_text().partition("(")[2].rpartition(")")
                except OSError:  # it ended meanwhile
                    continue
                if name == "systemd" and int(rest.split()[1]) == process.pid:
                    return int(stat.parent.name)
        time.sleep(0.1)
    pytest.fail(f"systemd did not come up: {console.read_text(errors='replace')}")


def _put_code(machine: Machine) -> None:
    """Put the files that git knows where an operator clones them, beside the packages that the tests run with."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=config.ROOT, capture_output=True, check=True).stdout
    packed = subprocess.run(
        ["tar", "--create", "--null", "--no-recursion", "--files-from=-"],
        cwd=config.ROOT,
        input=names,
        capture_output=True,
        check=True,
    ).stdout
    machine.run("mkdir", "-p", CODE)
    machine.run("tar", "-C", CODE, "--extract", "--no-same-owner", words=packed)
    machine.run(PYTHON, "-m", "venv", "--without-pip", f"{CODE}/.venv")
    (site,) = machine.run("sh", "-c", f"ls -d {CODE}/.venv/lib/python*/site-packages").split()
    machine.write(f"{site}/tests.pth", f"{Path(PACKAGES).resolve()}\n")
    machine.write(f"{CODE}/.venv/bin/flask", f"#!{CODE}/.venv/bin/python\n{FLASK}")
    machine.run("chmod", "755", f"{CODE}/.venv/bin/flask")
    machine.run("ln", "-sfn", CODE, "/opt/intake")
