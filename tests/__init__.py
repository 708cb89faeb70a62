"""Numeric libraries work on one thread, as in the images: threads that wait for a busy core make small fits ten times slower."""

import os

# Read by the libraries when they are loaded: before anything else.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
