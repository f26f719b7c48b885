"""Long work: asked for in the store, run in child processes, on a schedule."""
