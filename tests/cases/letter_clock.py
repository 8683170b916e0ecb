"""A clock that tests set, for every module of the house at once; and the worker's minute on it."""

import sys
from datetime import datetime, timedelta

import pytest

from intake import chores, i18n
from intake.i18n import now as real_now


class Clock:
    """The one clock of the house, standing still until a test moves it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        """Begin at this moment, and be looked at by all modules that look at a clock."""
        self.moment = real_now()
        for name, module in list(sys.modules.items()):
            if name.startswith("intake.") and module is not i18n and getattr(module, "now", None) is real_now:
                patch.setattr(module, "now", self.now)

    def now(self) -> datetime:
        """Return the moment that it shows."""
        return self.moment

    def go(self, **span: float) -> None:
        """Go on, or back, by a span of time, and let the worker do its minute's chores."""
        self.moment += timedelta(**span)
        chores.every_minute()
