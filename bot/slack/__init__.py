"""Everything that is known of Slack's API."""
