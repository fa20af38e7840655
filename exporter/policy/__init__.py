"""The policy lab: what announcing a cutoff does to the export, in simulated communities.

Their truth is known. Every rule is the exporter's own: labels, settling, classes, draw and guards run on
tables in memory as they run on a lake. What people do is assumed (`exporter.policy.scenarios`).
"""

#: Counted up by hand whenever the same numbers would give other results: then nothing of before is kept.
LAB_VERSION = 3
