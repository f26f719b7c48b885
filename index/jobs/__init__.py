"""Long work, each piece in a process of its own: `python -m index.jobs`."""
