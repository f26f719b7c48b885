"""Names that files, reports and outputs have for parts of a ranker, where the code has others."""

# They were written before and are read by others, so they stay.
_PUBLISHED = {
    "centroid": "centre",
    "centroid_margin": "centre_margin",
    "precision_curve": "held_out",
}


def published(name: str) -> str:
    """The name outside of the code: of a feature, a signal or a constant of a ranker."""
    return _PUBLISHED.get(name, name)
