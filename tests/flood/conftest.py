"""The whole service as ``make run`` starts it, once for all attacks on it."""

from collections.abc import Iterator

import pytest

from tests.servers.service import Service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Yield the service; where it would spool, there is an empty folder."""
    folder = tmp_path_factory.mktemp("flood")
    (folder / "spool").mkdir()
    made = Service(folder, TMPDIR=str(folder / "spool"), INTAKE_CANARY_HOURS="0")
    try:
        made.start()
        yield made
    finally:
        made.clear()
