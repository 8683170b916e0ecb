"""Serve a bare twin in exactly the configuration of the house's own web server: ``… APPLICATION PARENT-PROCESS``."""

import sys

from intake import supervisor
from intake.config import from_environment


def main(application: str, parent: int) -> None:
    """Run the house's own ``serve_web`` with another application in the place of ours."""
    supervisor.end_with(parent)
    supervisor.serve_web(from_environment(), f"tests.bench.bare:{application}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
