"""Text for places where a line break or a byte that nobody can store would do harm."""


def one_line(text: str) -> str:
    """What can be printed of ``text``: fit for a header (CVE-2024-6923) and for a column (no NUL, no surrogate)."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def reason(error: BaseException) -> str:
    """Why something failed, short enough for a column."""
    return one_line(f"{type(error).__name__}: {error}")[:500]
