"""Every word that people read in Slack: cards, buttons, and what commands and clicks answer.

Whatever is handed in to stand in a text is mrkdwn already: escaped, and short enough. Words that
the command line shows too (`faqbot status`, a job in one line) are where both get them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.slack.admins import Standing
from bot.slack.mrkdwn import ELLIPSIS
from index.store.types import Suggestion, SuggestionState
from index.text import counted


@dataclass(frozen=True)
class Label:
    """What a button says.

    Attributes:
        spoken: What a screen reader says instead.
    """

    text: str
    spoken: str


# --- answers -----------------------------------------------------------------------------------

NO_ANSWER = "(This entry has no answer text.)"
NO_QUESTION = "(This entry has no question text.)"
UNSURE = "I don't have an approved answer that I'm sure fits this question."
HIDDEN = "This answer is no longer available here. Ask again to see what is."
HINT = "You could ask in other words, or wait here for a person to help."
CLOSEST = "Closest entries"
OFFER = "I'm not sure which of these you mean. Is it one of them?"
OFFER_ONE = "I think that this is it, but I'm not sure. Is it?"

SOLVED = Label("Solved", "Solved: this answer solved my question")
NOT_IT = Label("Not it", "Not it: this answer does not fit my question")
THIS_ONE = Label("This one", "This one: show its answer as the one I looked for")
NONE_OF_THESE = Label("None of these", "None of these: I asked something else")
NOT_THIS_ONE = Label("Not this one", "Not this one: I asked something else")
HIDE_OTHERS = Label("Hide", "Hide the other answers")
SHOW_ANSWERS = Label("Show answers", "Show answers of the closest entries")
HIDE_ANSWERS = Label("Hide answers", "Hide answers of the closest entries")


def more_answers(count: int) -> Label:
    """The button that unfolds the other answers."""
    text = counted(count, "more answer")
    return Label(text, f"{text}: show below this one")


def matched(wording: str) -> str:
    """The stored wording that was nearest to the question."""
    return f"Matched: {wording}"


def source(link: str) -> str:
    """Where an answer is from."""
    return f"Source: {link}"


def continues_at(link: str) -> str:
    """The end of an answer that is cut, where its source has the rest."""
    return f"{ELLIPSIS} (continues at {link})"


def is_cut(missing: int) -> str:
    """The end of an answer that is cut, where there is no source."""
    return f"{ELLIPSIS} (cut: {counted(missing, 'more character')})"


def votes(solved: int, not_it: int, picked: int) -> str:
    """`Picked by 2 people · Solved for 1 · Not it for 1`; the noun stands once."""
    counts = (("Picked by", picked), ("Solved for", solved), ("Not it for", not_it))
    given = [(text, n) for text, n in counts if n > 0]
    lines = [f"{text} {count}" for text, count in given]
    if lines:
        lines[0] += " person" if given[0][1] == 1 else " people"
    return " · ".join(lines)


def none_fits(people: int) -> str:
    """How many people said that it is none of the entries; empty for nobody."""
    return f"None of these for {_people(people)}" if people > 0 else ""


def _people(count: int) -> str:
    return counted(count, "person", "people")


HELLO = (
    "Hi! Ask me a question in your own words, and I look for your team's approved answer. "
    "`/faq help` shows what else I can do."
)
NO_PICTURES = "I cannot read pictures and other files, so I went by your words alone."
ONLY_PICTURES = "I cannot read pictures and other files. Please ask me in words."
CARD_TOO_OLD = (
    "This card is too old: I no longer know the question it belongs to. Please ask it again."
)
ANSWER_GONE = "That answer is not in the FAQ any more, or not for this place. Please ask again."

APOLOGY = (
    "Sorry, something went wrong on my side, and I could not answer this. Please ask me again "
    "later, or ask a person here."
)


def cannot_answer_in(channel: str) -> str:
    """The direct message to somebody whose question could not be answered where it was asked.

    Args:
        channel: Its id.
    """
    return (
        f"Sorry, I could not answer what you asked me in <#{channel}>: I may not write there. "
        "Invite me to that channel and ask again, or ask me here."
    )


# --- admins ------------------------------------------------------------------------------------

STARTING = "I have just been started and am still reading the FAQ. Please ask again in a minute."
FAILED = "Sorry, that did not work. Whoever runs me finds the reason in the log."
REFUSALS: Mapping[Standing, str] = {
    Standing.NOT_ADMIN: "Sorry, that is for my admins only, and you are not one of them. "
    "`/faq help` shows what everybody can use.",
    Standing.NOBODY_IS: "Sorry, that is for admins only, and nobody is one yet. Whoever runs me "
    "can name them with the setting `admins` (`FAQBOT_BOT_ADMINS`): ids of users or user groups, "
    "or `workspace-admins`.",
    Standing.UNVERIFIED: "Sorry, that is for my admins only, and I could not verify with Slack "
    "that you are one, so I did nothing. Try again later; if it stays so, whoever runs me finds "
    "the reason with `faqbot doctor`.",
}
_HELP = """\
Ask me by mentioning me, in a direct message, or with `/faq` and your question: then only you see \
the answer. Commands:
• `/faq help`: this list
For admins:
• `/faq status`: what I know, what I was asked, and what is running
• `/faq suggestions`: wordings that people picked an answer for, to approve or reject
• `/faq retry` (or `retry ID`): answer questions that failed
{jobs}
• `/faq cancel` (or `cancel retrain`): stop what is running or waiting"""


def help_text(jobs: Mapping[str, str]) -> str:
    """The list of commands.

    Args:
        jobs: The kinds of jobs that can be asked for, each with what follows its command.
    """
    return _HELP.format(jobs="\n".join(f"• `/faq {kind}`{words}" for kind, words in jobs.items()))


def unknown_command(name: str, jobs: Mapping[str, str], meant: str | None = None) -> str:
    """The answer to a command that there is not, with the list of those that there are.

    Args:
        meant: The command that it is close to; None where it is to none.
    """
    hint = f" Did you mean `/faq {meant}`?" if meant else ""
    return f"I don't know “{name}”.{hint} {help_text(jobs)}"


def taken_up(count: int) -> str:
    """The answer to a retry of all questions that failed."""
    if not count:
        return "No question has failed."
    what = counted(count, "failed question is", "failed questions are")
    return f"{what} taken up again. The answers come where they were asked."


def taken_up_one(question: str, found: bool) -> str:
    """The answer to a retry of one question.

    Args:
        question: Its id, as typed.
        found: Whether it is one that failed.
    """
    if found:
        return "It is taken up again. The answer comes where it was asked."
    return f"There is no failed question “{question}”. `/faq retry` takes up all that failed."


# --- suggested wordings ------------------------------------------------------------------------

APPROVE = Label("Approve", "Approve: add this wording")
REJECT = Label("Reject", "Reject: never suggest it again")
UNDO = Label("Undo", "Undo: take this wording back")
GONE = "That suggestion is no longer there."


def suggestions_waiting(waiting: int, listed: int) -> str:
    """What stands above the list of suggestions.

    Args:
        waiting: How many there are in all.
        listed: How many of them are in the list.
    """
    if not waiting:
        return "No suggested wordings are waiting."
    left = counted(waiting, "suggested wording is", "suggested wordings are")
    first = f"; the first {listed}" if waiting > listed else ""
    return f"{left} waiting{first}:"


def suggestion(asked: str, question: str, picks: int) -> str:
    """One suggestion in the list."""
    return f"“{asked}”\nas a wording of: {question}\nPicked by {_people(picks)}"


def suggestion_settled(found: Suggestion | None, *, approves: bool) -> str:
    """What became of a suggestion that somebody approved or rejected, as it stands now."""
    if found is None:
        return GONE
    if found.state is SuggestionState.OPEN:
        return "Its answer is not active, so it gets no further wording."
    if found.state is SuggestionState.APPROVED:
        return (
            "Approved: it is a wording of that answer now."
            if approves
            else "It was approved before."
        )
    return "It was rejected before." if approves else "Rejected: it will not be suggested again."


def wording_learnt(asked: str, question: str, picks: int, suggestion_id: int) -> str:
    """The message to admins about a wording that enough people picked.

    Args:
        question: The pair's own; empty where it is not for that channel.
    """
    answer = question or "an entry that is not for this channel"
    return (
        f"{_people(picks)} picked the same answer, so I learnt a wording.\n"
        f"“{asked}”\nis a wording now of: {answer}\n"
        f"If that is wrong, take it back here or with `faqbot suggestions undo {suggestion_id}`."
    )


def wording_undone(found: Suggestion | None) -> str:
    """What became of a wording that somebody took back, as it stands now."""
    if found is None:
        return GONE
    if found.state is SuggestionState.REJECTED:
        return "Taken back: it is no wording of that answer any more."
    return "It is no wording of that answer yet: `/faq suggestions` shows what waits."


# --- jobs: what commands answer ----------------------------------------------------------------

JOB_MESSAGE_FOLLOWS = (
    "A message here shows how far it is; where I am not a member, a direct message does."
)


NOTHING_TO_GO_BACK_TO = (
    "There is no generation to go back to: only the one that answers now is kept."
)


def not_asked_for(title: str, reason: str) -> str:
    """The answer to a request for a job that could not do anything.

    Args:
        reason: Why not, as a clause.
    """
    return f"{title} was not asked for: {reason}."


def no_such_retrain(calls: Sequence[str]) -> str:
    """The answer to a retrain of an unknown depth.

    Args:
        calls: The commands that there are besides the one without a depth.
    """
    return f"A retrain is one of {_code(['/faq retrain', *calls])}."


def no_such_generation(wanted: str, calls: Sequence[str]) -> str:
    """The answer to a rollback to what is not kept.

    Args:
        calls: The commands that there are.
    """
    there = f"There is {_code(calls)}." if calls else "None is kept but the one that answers now."
    return f"“{wanted}” is no generation to go back to. {there}"


def no_such_job(calls: Sequence[str]) -> str:
    """The answer to a cancel of what cannot be cancelled.

    Args:
        calls: Some of the commands that there are.
    """
    return f"To stop a job, use {_code(['/faq cancel', *calls])}."


def nothing_to_cancel(kind: str | None) -> str:
    """The answer to a cancel where nothing runs or waits.

    Args:
        kind: The kind of job that was named; None where none was.
    """
    return f"No {kind or 'job'} is running or waiting."


def told_to_stop(title: str) -> str:
    """The answer to a cancel of a job that runs."""
    return f"{title} is told to stop."


def is_now(title: str, state: str) -> str:
    """The answer to a cancel of a job that waited."""
    return f"{title} is {state}."


def asked_for(title: str, before: str | None) -> str:
    """The answer to a request for a job.

    Args:
        before: What it waits for, as a clause; None where it need not wait.
    """
    return " ".join(filter(None, (f"{title} is asked for.", _turn(before), JOB_MESSAGE_FOLLOWS)))


def asked_for_already(title: str, before: str) -> str:
    """The answer to a request for a job that waits already."""
    return f"{title} is asked for already. {_turn(before)}"


def is_running_already(job: str, kind: str) -> str:
    """The answer to a request for a job that runs already.

    Args:
        job: How far it is, as a clause.
    """
    return f"{job[:1].upper()}{job[1:]}. `/faq cancel {kind}` stops it."


def _turn(before: str | None) -> str:
    return f"It waits for its turn: {before}." if before else ""


def _code(calls: Sequence[str]) -> str:
    return ", ".join(f"`{call}`" for call in calls)


# --- jobs: the message -------------------------------------------------------------------------

ASK_THE_COMMAND_LINE = "`faqbot jobs` shows more"
# Endings of a retrain.
RANKING_IS_NEW = "the model stays, its ranking is new"
MODEL_IS_LIVE = "the new model is live"
MODEL_STAYS = "the live model stays"
DONE = "done"
RUNNING = "running"
STOPPING = "stopping"
WAITING = "Waiting for its turn"


def waits_for(kind: str) -> str:
    """The reason that a job has not begun."""
    return f"{WAITING}: {kind} is running"


def percent(share: float) -> str:
    """A share from 0 to 1, rounded down: 100 % is when it is done."""
    return f"{int(share * 100)} %"


def progress(title: str, doing: str, share: float) -> str:
    """The notification of a job that runs."""
    return f"{title}: {doing}, at {percent(share)}"


def right_first(live: float, candidate: float, held_out: float | None) -> str:
    """How often the right answer stands first, before and after.

    Args:
        live, candidate: Shares from 0 to 1.
        held_out: The number of questions that it was measured with.
    """
    of = f", of {counted(round(held_out), 'held-out question')}" if held_out else ""
    return f"Right answer first: live {live:.1%}, new {candidate:.1%}{of}"


def change_in_mrr(difference: float, low: float, high: float) -> str:
    """The change in mean reciprocal rank, with its 95 % interval."""
    return f"Change in MRR: {difference:+.3f} (95 % between {low:+.3f} and {high:+.3f})"


def golden_flipped(flipped: float, checked: float) -> str:
    """How many golden questions turned wrong."""
    return f"Golden questions: {flipped:.0f} of {checked:.0f} turned wrong"


def is_generation(generation: float) -> str:
    """The generation that a retrain made."""
    return f"Generation {generation:.0f}"


def origin(asker: str, moment: str, took_s: int | None) -> str:
    """Who asked for a job and when, and how long it took.

    Args:
        asker: A mention, or "the schedule" and the like; empty where nobody is known.
        moment: When it was; empty where that is not known.
        took_s: Seconds; None where it is not over.
    """
    asked = " ".join(filter(None, ("Asked for", asker and f"by {asker}", moment)))
    if took_s is None:
        return asked
    minutes, seconds = divmod(took_s, 60)
    took = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    return f"{asked} · took {took}"


def picture_described(caption: str, job_id: int) -> str:
    """What a screen reader says of a picture of a report."""
    return f"{caption}, of retrain {job_id}"
