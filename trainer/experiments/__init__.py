"""Experiments that take dozens of trainings: last layers on features that are computed once."""
