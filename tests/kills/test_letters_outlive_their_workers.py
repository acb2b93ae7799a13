"""A worker killed while it has letters with codes made: the codes are kept, or known to be lost, never doubled."""

import pytest
from django.utils import timezone

from assessments.brand import mirror_brand
from assessments.letter_commands import print_letters
from assessments.letters import opened_letters
from assessments.models import LetterBatch
from qxportal.accounts.models import Member
from qxportal.engine.models import PrintedLetter
from qxportal.engine.people.printed_letters import letter_of
from qxportal.threesixty.records.mailings import BrandRecord
from tests.support.samples import beyond

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])

STEPS = {  # where the worker ends, and what becomes of the codes
    "change.claimed": "nothing",
    "change.answered": "lost",
    "letters.sealed": "ready",
    "change.mirrored": "ready",
    "change.settled": "ready",
}


@pytest.mark.parametrize("step", beyond(list(STEPS), sampled=["change.answered", "letters.sealed"]))
def test_one_kill_at_any_step(connected, workforce, step):
    outcome = STEPS[step]
    engine = connected.engine
    anna, ben = engine.people(2)
    review = engine.assessment("Leadership review")
    engine.evaluation(engine.subject(review, anna), ben, "Peer")
    connected.sync()
    mirror_brand(connected.org, BrandRecord(name="marlstone", mail="on"), as_of=timezone.now())
    by = Member.objects.get(org=connected.org)
    change = print_letters(connected.assessment(), by=by, people=[ben.public_id])

    workforce.dies_once(step, "letters")
    workforce.healthy()
    change.refresh_from_db()

    if outcome == "nothing":  # nobody but a person says that it is sent again
        assert (change.state, engine.run(PrintedLetter.objects.count)) == ("person", 0)
        return
    assert (change.state, engine.run(PrintedLetter.objects.count)) == ("done", 1)
    batch = LetterBatch.objects.get()
    assert batch.state == outcome
    assert bool(change.attention_message) == (outcome == "lost")
    if outcome == "ready":
        (letter,) = opened_letters(change.org_id, change.pk).letters
        assert engine.run(letter_of, letter.code).person == ben
