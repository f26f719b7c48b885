"""Texts that are likely to hit the rules of mrkdwn, and to ping somebody."""

import re

from hypothesis import strategies as st

OUR_LINK = re.compile(r"<(?:https?://|mailto:)[^<>|\s]+(?:\|[^<>|\n]*)?>", re.IGNORECASE)
PINGS = ["<!channel>", "<!here>", "<!everyone>", "<!subteam^S1>", "<@U1>", "<#C1>", "<!date^1^x|y>"]

# Text that is likely to hit the rules: their marks, and any character at all.
MARKS = [*PINGS, "https://", "http://a.b", "mailto:x", "](", "[", ")", "![", "**", "__", "`", "```"]
MARKS += ["\n", "\n\n", "# ", "- ", "* ", "~~~\n", "```py\n", "|", "&amp;", "&", " ", "a b", "\x00"]
texts = st.lists(st.sampled_from(MARKS) | st.text(max_size=8), max_size=30).map("".join)
