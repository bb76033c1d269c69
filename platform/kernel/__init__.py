"""The thin kernel every module may lean on: database, cache, queue, events, mail, the edges of HTTP.

The kernel knows no module. If a line in here needs to name one, it belongs elsewhere.
"""
