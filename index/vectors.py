"""The type of embeddings, apart from torch, so that naming it costs no import of it."""

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
"""Rows of float32 vectors, or a single one; each docstring gives the shape."""
