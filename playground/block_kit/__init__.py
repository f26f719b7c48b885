"""Block Kit: what Slack accepts, and the state of its inputs."""
