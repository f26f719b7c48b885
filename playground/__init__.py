"""A local Slack workspace for trying the bot without Slack.

It speaks Slack's Web API, Socket Mode, signed HTTP delivery and interactivity,
and adds a control API to act as a person and to make things go wrong on purpose.
It knows nothing of the bot.
"""
