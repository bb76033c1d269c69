"""SAQ's own dashboard at ``/jobs``, behind a sign-in, for superusers alone."""

from app.jobs.routes import jobs_router

__all__ = ["jobs_router"]
