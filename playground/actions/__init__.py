"""What people and the app do in the workspace, and what Slack tells the app about it."""
