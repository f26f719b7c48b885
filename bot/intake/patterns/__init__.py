r"""The words a question is known by: the patterns that `is_question` judges sentences with.

They see sentences as `bot.intake.markup.plain` leaves them, in lower case and without apostrophes
("can't" is `cant`), so that each spelling is written once; only `SENTENCE_END` and the patterns
that ignore case see text as it was written. Whether a pattern holds at the start of a sentence
(`match`) or anywhere in it (`search`) is decided where it is used.

To add a pattern, for a message that was judged wrongly:

1. Put the message, reworded so that it names nobody, into the list it belongs to in
   `tests/bot/intake/test_is_question.py`: `ASKED_IN_A_CHANNEL`, `NOT_ASKED_IN_A_CHANNEL`,
   `SAID_TO_THE_BOT` or `SMALL_TALK_WITH_THE_BOT`. See the test fail.
2. Add an alternative, most often one line, to the pattern for its kind of sentence: rather three
   words of the phrase than one. It ends where its last word ends; where that word may go on, write
   `\w*` behind it. Where it would take in other messages too, exclude them with
   `(?!(?:...)(?!\w))` and put one of them into the opposite list. What only looks like a question
   ends with its clause, by `CLAUSE_OVER`, where it can: "what gives" is no question, "what gives
   me access" is one.
3. Let it not backtrack far: repeat words a bounded number of times (`(?:\w+ ){0,3}`), and nest no
   repetition in another. If it repeats anything, add what it repeats to the pieces of
   `test_a_huge_message_takes_no_longer_than_its_length_warrants`.
4. Run that file. It also measures precision and recall on the second half of
   `tests/bot/intake/data/chat_messages.jsonl`. Do not write patterns for messages of that half:
   it can only tell how the bot does on chat it has not seen for as long as nobody tunes on it.

A greeting, thanks or acknowledgement of one word goes into `_CHITCHAT_WORDS` of `small_talk.py`
instead, and its test into `SMALL_TALK_WITH_THE_BOT`.
"""
