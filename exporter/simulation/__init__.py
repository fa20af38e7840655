"""A simulated world: what iNaturalist's API would give, had imagined people seen real species.

Real are the names, ids and ranges of the taxa, and the towns. Invented are the people, what they saw, and
what they said of it. Everything written says so (``"simulated": true``).
"""

from exporter.simulation.world import WorldSummary, simulate

__all__ = ["WorldSummary", "simulate"]
