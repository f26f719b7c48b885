"""Understanding a question before it is searched."""
