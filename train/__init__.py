"""Fine-tuning, evaluation and promotion of the served model (needs the `train` extra)."""
