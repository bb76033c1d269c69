"""The thin kernel every module may lean on: database, cache, queue, events, mail, the edges of HTTP.

The kernel knows no module. If a line in here needs to name one, it belongs elsewhere.
"""

import sys

# redis-py imports OpenTelemetry's SDK where it finds it, for metrics that nobody asks it for: a tenth of our start.
sys.modules.setdefault("opentelemetry.sdk.metrics", None)  # type: ignore[arg-type] # what `import` takes for "there is none"
