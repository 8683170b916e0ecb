"""Something that the doctor looked at, and what to do about it if it is wrong."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Something that was looked at, and what to do about it if it is wrong."""

    what: str
    to_do: str = ""

    @property
    def wrong(self) -> bool:
        """Whether something is to be done."""
        return bool(self.to_do)

    def __str__(self) -> str:
        """Say it on one line."""
        return f"WRONG  {self.what} {self.to_do}" if self.wrong else f"ok     {self.what}"


def at_most(names: list[str], most: int = 5) -> str:
    """Return a list of names as a piece of one line."""
    return ", ".join(names[:most]) + (" and others" if len(names) > most else "")
