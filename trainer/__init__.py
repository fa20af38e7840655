"""Manifest in, results out: trains the vision model on a snapshot and reports what it learned.

Never imports Django, `portal` or `exporter`.
"""
