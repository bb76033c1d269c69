"""What a monitoring system asks: requests, pools, the event loop, and what the outbox still has to do."""

from kernel.metrics.backlog import OutboxMetrics
from kernel.metrics.exposition import Exposition, metrics_route
from kernel.metrics.process import ProcessMetrics
from kernel.metrics.server import serve_metrics

__all__ = ["Exposition", "OutboxMetrics", "ProcessMetrics", "metrics_route", "serve_metrics"]
