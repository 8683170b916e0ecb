"""A clock that steps: each program of an instance looks at its own clock and adds what stands in a file."""

import importlib.abc
import importlib.machinery
import importlib.util
import mmap
import os
import struct
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType

NOW = "now"  # the one clock of the house is called so in its module
SETTING = "CHAOS_CLOCK"  # names the file
_SECONDS = struct.Struct("d")
_HOOK = f"import {__name__} as clock\nclock.begin()\n"


class Clock:
    """The clock of all programs of an instance, which a storm steps."""

    def __init__(self, folder: Path) -> None:
        """Make the file, and what Python runs at each start."""
        self._file = folder / "clock"
        self._file.write_bytes(_SECONDS.pack(0.0))
        (folder / "python").mkdir()
        (folder / "python" / "sitecustomize.py").write_text(_HOOK)
        places = (folder / "python", Path(__file__).parents[2])
        self.settings = {SETTING: str(self._file), "PYTHONPATH": os.pathsep.join(map(str, places))}
        self.ahead = 0.0

    def step(self, seconds: float) -> None:
        """Step on, or back."""
        self.ahead += seconds
        with self._file.open("r+b") as file:
            file.write(_SECONDS.pack(self.ahead))


def begin() -> None:
    """Let this program live by the clock of the file: its calls of ``time.time``, and the one clock of the house."""
    with Path(os.environ[SETTING]).open("rb") as file:
        shown = mmap.mmap(file.fileno(), _SECONDS.size, prot=mmap.PROT_READ)

    def ahead() -> float:
        return float(_SECONDS.unpack_from(shown)[0])

    real = time.time
    time.time = lambda: real() + ahead()
    sys.meta_path.insert(0, _Finder(ahead))


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the module of the clock, and gives it ours before anybody takes it from there."""

    def __init__(self, ahead: Callable[[], float]) -> None:
        self._ahead = ahead

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find what others find; of one module, with another clock."""
        if fullname != "intake.i18n":
            return None
        found = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        assert found is not None
        assert found.loader is not None
        found.loader = _Loader(found.loader, self._ahead)
        return found


class _Loader(importlib.abc.Loader):
    def __init__(self, loader: importlib.abc.Loader, ahead: Callable[[], float]) -> None:
        self._loader, self._ahead = loader, ahead

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        real: Callable[[], datetime] = vars(module)["now"]

        def now() -> datetime:
            return real() + timedelta(seconds=self._ahead())

        setattr(module, NOW, now)
