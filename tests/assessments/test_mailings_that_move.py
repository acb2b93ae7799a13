"""The Messages page asks again soon while mails are leaving, and after minutes otherwise."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.mailings import mirror_mailings
from qxportal.accounts.roles import Role
from qxportal.threesixty.records.mailings import MailingRecord
from tests.assessments.test_messages import brand, org, review, url
from tests.support.mirrored_rows import browser

__all__ = ["brand", "org", "review"]
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])
ASKS_AGAIN = 'hx-trigger="load"'


@pytest.mark.parametrize(
    ("scheduled", "sent", "counts", "asks"),
    [
        (-1, None, {}, True),  # due, and not known to have gone
        (-1, -1, {"queued": 3, "sent": 2}, True),
        (-1, -1, {"sent": 5}, False),
        (60, None, {}, False),  # still to come
    ],
)
def test_the_page_asks_again_while_mails_leave(org, review, scheduled, sent, counts, asks):
    now = timezone.now()
    mailing = MailingRecord(
        vendor_id="EMD_1",
        kind="Reminder",
        scheduled_at=now + timedelta(minutes=scheduled),
        sent_at=now + timedelta(minutes=sent) if sent else None,
        counts=counts,
    )
    mirror_mailings(review, (mailing,), (), as_of=now - timedelta(seconds=20))

    page = browser(org, Role.EDITOR).get(url(review))

    assert page.status_code == 200
    assert (ASKS_AGAIN in page.content.decode()) is asks
