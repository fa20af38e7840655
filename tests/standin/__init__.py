"""A stand-in for iNaturalist on this machine: its API v1 over simulated or recorded records, and a bucket.

`python -m tests.standin --help` serves it for people; tests use `server.StandIn`. It keeps iNaturalist's
limits (429 over 60 requests a minute, 403 past page times page size 10,000) and misbehaves when told to.
"""
