"""Search engines: one protocol, Qdrant Edge and a Qdrant server behind it."""
