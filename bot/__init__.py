"""The Slack process: listeners, cards, inbox, command line."""
