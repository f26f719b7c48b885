"""What the bot does when Slack calls: a module for each surface, each with `register(app)`."""
