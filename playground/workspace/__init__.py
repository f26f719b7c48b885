"""The workspace held in memory, and the JSON in which Slack shows it."""
