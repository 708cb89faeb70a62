"""Hypothesis without deadlines: a busy machine is no failing test."""

from hypothesis import settings

settings.register_profile("house", deadline=None, max_examples=60)
settings.load_profile("house")
