"""How Slack's calls reach the app."""
