"""A local Slack workspace for trying the bot without Slack.

It speaks Slack's Web API, Socket Mode, signed HTTP delivery and interactivity,
and adds a control API to act as a person and to make things go wrong on purpose.
It knows nothing of the bot.

From the bottom up: `workspace` is the state in memory, `block_kit` what Slack accepts of
blocks, `delivery` the way to the app, `hub` what all share, `actions` what people and the
app do, `web_api` what the app calls, `control` what people and tests call, `server` all
of it over HTTP. `client` and `chat` use the control API, `static` is the page.
"""
