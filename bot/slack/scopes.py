"""The scopes that the bot token needs; a test holds the manifest in deploy/ against them."""

# What the Slack app must be allowed to do to answer...
ANSWER_SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "chat:write",
        "groups:history",
        "im:history",
    }
)
# ...and for learning from picks and the command /faq. The manifest in deploy/ asks for both.
FURTHER_SCOPES = frozenset(
    {"channels:read", "commands", "files:write", "usergroups:read", "users:read"}
)
BOT_SCOPES = ANSWER_SCOPES | FURTHER_SCOPES
