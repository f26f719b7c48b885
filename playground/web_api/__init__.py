"""Slack's Web API: reading a call, its methods, answering it."""
