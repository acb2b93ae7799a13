"""Refusals of our own engine, which members read in their own languages; other servers' words are quoted unchanged.

Each is a sentence of the engine, word for word, with `%(name)s` for what differs.
"""

import re

from django.utils.translation import gettext_noop as _

from qxportal.ui.stored_messages import Message, StoredMessage

REFUSALS = (
    # evaluators
    _("The report has shown answers of this evaluation: its relationship is decided for good."),
    _(
        "The report has shown answers of this evaluation. Remove the evaluator's answers from the report first "
        "(qxTakeOutAnswers)."
    ),
    _(
        "This evaluation has answers, and a manager's may be shown alone, which the evaluator was not told. "
        "Reset it first."
    ),
    _("This evaluation has answers. Remove them, too (RemoveAnswers), or keep it."),
    _("This person evaluates the subject as %(relationship)s: change that instead."),
    _("This person does not evaluate the subject."),
    _("Self is for the subject alone, and the subject is nothing else."),
    _("These answers were imported: there is nothing the evaluator could continue."),
    _("This evaluator's answers were removed from the report: new ones would not be shown."),
    _("The closing time has passed. Give the evaluator more time first (qxSetExtension)."),
    _("The subject is Done: nobody can be added. Set the status to Waiting first."),
    _("The subject is Done: nothing can be reopened. Set the status to Waiting first."),
    _("The subject is Done: nothing can be reset. Set the status to Waiting first."),
    _("The assessment is closed: nobody can be added. Reopen it first."),
    _("The assessment is closed: nothing can be reopened. Reopen it first."),
    _("The assessment is closed: nothing can be reset. Reopen it first."),
    _("Everyone evaluates everyone among at most %(most)s subjects."),
    # assessments and their forms
    _("The assessment is closed: nobody can answer."),
    _("A draft cannot be reopened: activate it."),
    _("A draft cannot be closed: it was never active."),
    _("Its form %(form)s is inactive: activate the survey first."),
    _("Its form %(form)s expired: set the survey's options first."),
    _("An evaluator has begun to answer: the survey cannot be replaced."),
    _("Figures were given of answers to this form: it cannot be replaced."),
    _("Relationships in use cannot be removed: %(names)s."),
    # dates
    _("The assessment has no closing time in its schedule: nothing can be extended."),
    _("The assessment was closed by hand: reopen it first."),
    _("The assessment was reopened: everybody may answer, so that nothing can be extended."),
    _("This person does not take part in the assessment."),
    _("The survey itself can be answered for a shorter time: set its options first."),
    # lists of evaluators
    _("This list was handed in already."),
    _("This list does not wait for approval."),
    _("This list is open."),
    _("This list cannot be changed now."),
    _("This person cannot be chosen."),
    _("Nobody can be chosen any more: answers are no longer collected."),
    # mail
    _("Send a test mail, and type the code that it brought within 24 hours."),
    _("This brand has sent %(most)s test mails today. It can send more tomorrow."),
    _(
        "A mailing will send this text: %(kind)s of %(assessment)s, planned for %(at)s UTC (%(id)s). "
        "Stop the mailing first."
    ),
    # letters and logos
    _("Another person has to print letters: you are a subject of an assessment that is not closed."),
    _("%(person)s does not take part in the assessment."),
    _("The logo is larger than 1 MB."),
    _("The logo has more than %(most)s pixels on a side."),
    _("A logo is a PNG, JPEG or WebP image."),
    # reports
    _("The assessment has ReportApproval, and it is not known who the subject's manager is: name one."),
    _("This person is neither the subject's manager nor asked for feedback as Manager."),
    _("There is no such edition."),
    _("There is no such edition: leave it out for the latest one."),
    _("The report is not ready: it is made ready when the subject is Done."),
    _("The directory names the manager: there is nothing to confirm."),
    _("Several people are managers, or one who is not the manager in the directory: they are shown as a group."),
    _("The first edition was given: who stands in which line is decided."),
    # rights
    _("This needs a brand administrator."),
    _("This needs the assessment's owner or a brand administrator."),
    _("This needs the survey's owner or a brand administrator."),
    _("What was answered is for the assessment's owner or a brand administrator."),
    _("Another person has to ask for this: you are the subject."),
    _("Another person has to ask for this: you are a subject."),
    _("Another person has to choose the people: you are a subject."),
    _("Another user has to send this: you are a subject of an assessment that is not closed."),
    _("This library is for its owner, its group, or a brand administrator."),
    _("There is no such library: it has the id of a user, a group or an assessment."),
    _("Only a brand administrator makes assessments for others."),
    # anything
    _("Something that the call is about was changed or removed at the same time: look, and repeat."),
    _("Other calls change the same: nothing was done. Try again."),
    _("A person or a user with this user name exists."),
    _("A person with the user name %(name)s exists."),
    _("This idempotency key was used for another change."),
    _("No row could be used: a clean import would remove everybody."),
    _("No row could be used: all relationships would only be removed."),
)
PARAMETER = re.compile(r"Invalid request\. Missing or invalid parameter [\w ]+\. ")  # prefixes of some refusals
PLACE = re.compile(r"%\\\((\w+)\\\)s")


def _pattern(sentence: str) -> re.Pattern[str]:
    return re.compile(PLACE.sub(r"(?P<\1>.+?)", re.escape(sentence)))


PATTERNS = tuple((_pattern(sentence), sentence) for sentence in REFUSALS)


def in_our_words(said: str) -> Message:
    """A server's message: translatable if it is one of our engine's, else quoted unchanged."""
    bare = PARAMETER.sub("", said, count=1)
    for pattern, sentence in PATTERNS:
        if found := pattern.fullmatch(bare):
            return StoredMessage(sentence, found.groupdict())
    return said
