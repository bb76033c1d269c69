"""The composition root: the only code that names every module."""
