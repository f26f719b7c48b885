"""From hits to one ranked list with a confidence, and what to do with it."""
