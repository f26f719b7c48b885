"""The served model: its encoder, its versions on disk, and embedding texts with it."""
