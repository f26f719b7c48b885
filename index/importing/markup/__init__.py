"""What markup says: HTML and Markdown as one tree, and that as the text that is stored."""
