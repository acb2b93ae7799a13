r"""Random sequences of changing requests over real HTTP: what the engine says always agrees with a model in Python.

    QXP_SEQUENCES_EXAMPLES=300 QXP_SEQUENCES_STEPS=60 QXP_SEQUENCES_SEED=17 \
        ./portal test tests/qxportal/engine -k random_sequences

Without a seed every run plays other sequences. A failing one is made as short as possible and printed with the seed,
which plays it again.
"""

import os
import secrets
from typing import Any

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import initialize, run_state_machine_as_test

from qxportal.engine.models import Assessment
from tests.qxportal.engine.sequences.accounts import Accounts
from tests.qxportal.engine.sequences.forms import Forms
from tests.qxportal.engine.sequences.people import NAMES, People
from tests.qxportal.engine.sequences.reviews import Reviews
from tests.qxportal.engine.sequences.shelves import Shelves
from tests.qxportal.engine.sequences.taking_part import TakingPart
from tests.qxportal.engine.sequences.world import BEGUN, Form, Library, Person, Review, Survey, User
from tests.support.engine_fixture import Engine
from tests.support.samples import thorough

STATES = ("InProgress", "NotStarted", "Completed")
EXAMPLES = int(os.environ.get("QXP_SEQUENCES_EXAMPLES", "10" if thorough() else "2"))
STEPS = int(os.environ.get("QXP_SEQUENCES_STEPS", "50" if thorough() else "30"))
SEED = int(os.environ.get("QXP_SEQUENCES_SEED", "0")) or secrets.randbelow(10**9)


class Brand(People, Accounts, Reviews, TakingPart, Forms, Shelves):
    """Everything that an administrator can do to a brand."""

    @initialize()
    def start(self) -> None:
        """Five persons; a running 360 with forms in every state about two of them; a pulse with the same form."""
        me = self.user.row
        self.world.users[me.public_id] = User(me.public_id, me.user_name, me.first_name, me.last_name, me.email)
        self.world.libraries[me.public_id] = Library()
        rows = [self.engine.person(*name.split(), brand=self.brand) for name in NAMES[:5]]
        for row in rows:
            self.world.persons[row.public_id] = Person(row.public_id, row.first_name, row.last_name, row.email)
        leaders = self._review("Leaders", "360", options={"DeclineEvaluations": True}, relationships=("Mentor",))
        pulse = self._review("Pulse", "EmployeePulse", survey=leaders.survey)
        self.ask("addPerson", ThreeSixtyID=pulse.public_id, PersonID=rows[0].public_id, External=1)
        self.world.reviews[pulse.public_id].enlist(rows[0].public_id, subject=False, external=True)
        review = self.world.reviews[leaders.public_id]
        for row, done in zip(rows[:2], (False, True), strict=True):
            status = "Done" if done else "Waiting"
            subject = self.engine.subject(leaders, row, status=status, report_ready=done)
            review.enlist(row.public_id, subject=True, external=False)
            review.parts[row.public_id].status, review.parts[row.public_id].ready = status, done
            for evaluator, relationship, status in zip(rows[2:], ("Manager", "Mentor", "Peer"), STATES, strict=True):
                self.engine.evaluation(subject, evaluator, relationship, status)
                review.enlist(evaluator.public_id, subject=False, external=False)
                begun = status in BEGUN
                review.forms[row.public_id, evaluator.public_id] = Form(relationship, status, begun=begun)

    def _review(self, name: str, kind: str, **fields: Any) -> Assessment:
        row = self.engine.assessment(name, owner=self.user, type=kind, **fields)
        survey, owner = row.survey.public_id, self.user.user_id
        self.world.surveys.setdefault(survey, Survey(row.survey.name, owner))
        names = list(fields.get("relationships", ()))
        self.world.reviews[row.public_id] = Review(
            row.public_id, name, kind, owner, survey, row.options, names, "Active"
        )
        self.world.libraries[row.public_id] = Library()
        return row


def test_whatever_is_asked_in_whatever_order_the_engine_agrees_with_the_model(engine: Engine):
    machine: Any = type("Brand", (Brand,), {"engine": engine})

    try:
        run_state_machine_as_test(
            seed(SEED)(machine),
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    except Exception as error:
        error.add_note(
            f"QXP_SEQUENCES_SEED={SEED} QXP_SEQUENCES_EXAMPLES={EXAMPLES} QXP_SEQUENCES_STEPS={STEPS} play it again."
        )
        raise
