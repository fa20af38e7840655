"""Data in, manifest out: reads iNaturalist data into a lake and selects the training set from it.

Never imports Django, `portal` or `trainer`.
"""
