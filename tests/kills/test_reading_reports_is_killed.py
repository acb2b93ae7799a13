"""A process killed while it reads delivery reports: what a report said is recorded once, and no report is lost."""

import pytest
from django.utils import timezone

from qxportal.engine.mail.marks import mark_of
from qxportal.engine.models import Mail, ReportReading
from qxportal.mail.queue import State
from qxportal.mail.return_paths import return_path
from tests.support import bounces
from tests.support.bounces import Bounced
from tests.support.imap_server import imap_server

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])

BASE = "bounces@halden.example"
STEPS = {"reports.recorded": 3, "reports.deleted": 1}  # where it is killed, and how many messages lie there then


@pytest.mark.parametrize("step", list(STEPS))
def test_a_kill_loses_no_report_and_records_none_twice(engine, workforce, tmp_path, step):
    people = engine.people(2)

    def sent(person):
        values = {"state": State.SENT, "settled_at": timezone.now(), "address": person.email, "kind": "Link"}
        return Mail.objects.create(brand=engine.brand, person=person, **values)

    mails = [engine.run(sent, person) for person in people]
    about = [Bounced(mail.address, return_path(BASE, engine.run(mark_of, mail))) for mail in mails]
    with imap_server(tmp_path) as mailbox:
        mailbox.deliver([bounces.postfix(about[0]), bounces.answer(about[0]), bounces.delayed(about[1])])
        read = (mailbox.url, BASE, mailbox.authority)

        workforce.dies_once(step, "reading reports", body="read_reports", args=read)

        assert len(mailbox.messages) == STEPS[step]
        recorded = [engine.refreshed(mail) for mail in mails]
        assert [(mail.state, mail.why) for mail in recorded] == [("failed", "no-such-address"), ("sent", "delayed")]
        assert workforce.run("read_reports", *read) == 0  # not while the dead one's time lasts
        assert len(mailbox.messages) == STEPS[step]

        engine.run(ReportReading.objects.update, next_at=timezone.now())
        assert workforce.run("read_reports", *read) == 0

        assert len(mailbox.messages) == 1  # the answer
    assert [engine.refreshed(mail).settled_at for mail in mails] == [mail.settled_at for mail in recorded]
    assert engine.run(ReportReading.objects.get).left == 1
