"""What every value keeps to, wherever it comes from, so that PostgreSQL and every client can hold it."""

import re
from datetime import UTC, datetime

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""In a text: NUL, and halves of a character."""

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
END = datetime(2101, 1, 1, tzinfo=UTC)
"""Times are from the one on, and before the other."""
