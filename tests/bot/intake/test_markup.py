"""What a Slack message says once its markup is gone."""

import time

from bot.intake.markup import question_text
from tests.support.tables import table


@table(
    [
        # How a chat writes it; greetings and line breaks are for `index.query.cleaning`.
        ("<@U123> how do I print?", "how do I print?"),
        ("<@U123|ana>, how do I print?", "how do I print?"),
        ("how do I print, <@U123>?", "how do I print,  ?"),
        ("<!here> is the vpn down", "is the vpn down"),
        ("<!subteam^S1|@it-help> my badge broke", "my badge broke"),
        ("see <https://x.example/a?b=1|the guide> please", "see the guide please"),
        ("see <https://x.example/a> please", "see https://x.example/a please"),
        ("write to <mailto:it@x.example|it@x.example>", "write to it@x.example"),
        ("write to <mailto:it@x.example>", "write to it@x.example"),
        ("ask in <#C1|it-help>", "ask in it-help"),
        ("vpn is down :sob::fire: again", "vpn is down   again"),
        (":wave::skin-tone-2: vpn is down", "vpn is down"),
        ("meet at 10:30:45 about arn:aws:s3", "meet at 10:30:45 about arn:aws:s3"),
        ("R&amp;D drive &lt;S:&gt; missing", "R&D drive <S:> missing"),
        ("&amp;lt; stays once unescaped", "&lt; stays once unescaped"),
        ("*How* do I _print_ ~now~ *in colour?*", "How do I print now in colour?"),
        ("what is snake_case and 2 * 3 * 4", "what is snake_case and 2 * 3 * 4"),
        ("`git push` fails:\n```fatal:\n *no*```", "`git push` fails:\n```fatal:\n *no*```"),
        ("`:wave: &lt;@U1&gt;` shows as text", "`:wave: <@U1>` shows as text"),
        ("an unclosed `tick stays", "an unclosed `tick stays"),
        ("&gt; quoted _line_\nis this true?", "> quoted line\nis this true?"),
        ("  two\n\nlines\tand  spaces ", "two\n\nlines\tand  spaces"),
        ("<@U1>", ""),
        (":tada:", ""),
        ("", ""),
    ],
)
def test_the_text_to_search_is_what_was_said(raw: str, said: str) -> None:
    assert question_text(raw) == said


@table(
    [
        "<", ">", "&gt;", "<@U1>", ":a:", ":", "*", "_", "~*_", "`", "```", "?", "? ", ".\n", "\n",
        " ", "a", "hi ", "hi all, ", "so and but ", "the the ", "https://", "\u00bf", "\ud800",
        "\x00", "\"", "(", ", ",
    ],
)  # fmt: skip
def test_a_huge_message_is_read_in_no_longer_than_its_length_warrants(piece: str) -> None:
    huge = (piece * 40_000)[:40_000]
    started = time.perf_counter()
    question_text(huge)
    assert time.perf_counter() - started < 1.0
