"""Serve a bare twin in exactly the configuration of the house's own web server: ``… APPLICATION PARENT-PROCESS``."""

import sys
from typing import Any

import granian

from intake import supervisor
from intake.config import from_environment


def main(application: str, parent: int) -> None:
    """Run the house's own ``serve_web`` with another application in the place of ours."""
    supervisor.end_with(parent)
    server = granian.Granian

    def bare(_: str, **options: Any) -> Any:
        return server(f"tests.bench.bare:{application}", **options)

    granian.Granian = bare  # type: ignore[assignment]  # what serve_web imports
    supervisor.serve_web(from_environment())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
