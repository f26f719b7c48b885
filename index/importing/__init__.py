"""FAQ files: importing them into the store and exporting it again."""
