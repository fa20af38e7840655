"""Benchmarks: what is measured, how to run it, and RESULTS.md with the figures."""
