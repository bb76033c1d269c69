"""What every fault test starts from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.rig import Rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Servers of the test's own, and no process of Quire yet."""
    with Rig(tmp_path) as rig:
        yield rig
