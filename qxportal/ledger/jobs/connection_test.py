"""The connection test of an organisation's credential."""

import time

from qxportal.accounts.credentials import client_for
from qxportal.accounts.models import Member, Organisation
from qxportal.ledger.job_kinds import TEST_CONNECTION
from qxportal.ledger.jobs.readings import READINGS
from qxportal.ledger.jobs.registry import job
from qxportal.ledger.jobs.run import expect, report_progress, start
from qxportal.ledger.models import Job
from qxportal.threesixty.calls.assessments import GetAssessments
from qxportal.threesixty.calls.persons import GetPersons
from qxportal.threesixty.calls.surveys import GetSurveys
from qxportal.ui.stored_messages import Message, gettext_stored, ngettext_stored

QUESTIONS = (GetAssessments(), GetPersons(record_limit=1), GetSurveys())


def start_test(org: Organisation, *, by: Member) -> Job:
    """Start the test as a job."""
    return start(org, TEST_CONNECTION, by=by)


@job(TEST_CONNECTION)
def ask(job: Job) -> Message:
    """Send three reads, or those that the API version supports, and report the answers."""
    begun = time.monotonic()
    with client_for(job.org, even_if_refused=True) as threesixty:
        questions = [question for question in QUESTIONS if question.known_in(threesixty.version)]
        expect(job, len(questions))
        for question in questions:
            answer = threesixty.call(question)
            found = ngettext_stored("%(n)s record", "%(n)s records", len(answer))
            report_progress(job, READINGS[question.request], words=found)
    return gettext_stored(
        "%(host)s answered as API version %(version)s in %(ms)s ms.",
        host=job.org.credential.host,
        version=job.org.credential.version,
        ms=round((time.monotonic() - begun) * 1000),
    )
