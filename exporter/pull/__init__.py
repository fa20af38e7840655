"""Pulling from iNaturalist: within its limits, by id, to be killed at any moment.

``limiter`` says when a request may be sent, ``client`` sends it and asks again where that helps, ``store``
keeps what is remembered between pulls, ``walk`` reads the pages of a clade, ``puller`` brings them into the
lake, ``plan`` divides a day's requests, ``dump`` fetches the monthly open data.
"""
