"""From a stored question to a reply in its thread."""
