"""Ids: whole numbers as large as a column holds.

An address may give a larger one. Django's own lookups find nothing then; raw SQL and fields that are stored
are checked against this.
"""

LARGEST_ID = 2**63 - 1
