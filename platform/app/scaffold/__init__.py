"""``quire new-module``: a slice that is complete from its first minute, in the form that all slices have."""

from app.scaffold.generator import new_module

__all__ = ["new_module"]
