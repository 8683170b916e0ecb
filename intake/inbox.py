"""Where what arrives by e-mail is read: plain facts that the settings give."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Inbox:
    """The folder of a mailbox from which what arrives is read."""

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str

    def __str__(self) -> str:
        """Say it to the operator, without the password."""
        return f"{self.scheme}://{self.host}:{self.port}/{self.folder}"


@dataclass(frozen=True)
class Incoming:
    """What arrives by e-mail: where letters come back to, where it is read, whether it is answered and removed then."""

    return_address: str | None
    inbox: Inbox | None
    answer: bool
    remove: bool
    largest: int  # bytes of a message
