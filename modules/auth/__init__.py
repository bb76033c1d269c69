"""Auth: proves who is calling. Others see the result as ``kernel.security.Principal``."""

from modules.auth.contracts import Enrolment, SecurityNoticed
from modules.auth.module import open_enrolment

__all__ = ["Enrolment", "SecurityNoticed", "open_enrolment"]
