"""Fitting the ranker and its calibration."""
