"""Reading FAQ files: one module for each format."""
