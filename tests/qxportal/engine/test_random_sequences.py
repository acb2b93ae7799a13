"""Random sequences of changing requests over real HTTP: what the engine says always agrees with a model in Python.

    SEQUENCES_EXAMPLES=300 SEQUENCES_STEPS=60 SEQUENCES_SEED=17 ./portal test tests/qxportal/engine -k random_sequences

The same seed plays the same sequences; a failing one is made as short as possible and printed.
"""

import os
from typing import Any

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import initialize, run_state_machine_as_test

from tests.engine_fixture import Engine
from tests.qxportal.engine.sequences.people import NAMES, People
from tests.qxportal.engine.sequences.reviews import Reviews
from tests.qxportal.engine.sequences.shelves import Shelves
from tests.qxportal.engine.sequences.taking_part import TakingPart
from tests.qxportal.engine.sequences.world import Library, Person, Review

EXAMPLES = int(os.environ.get("SEQUENCES_EXAMPLES", "20"))
STEPS = int(os.environ.get("SEQUENCES_STEPS", "25"))
SEED = int(os.environ.get("SEQUENCES_SEED", "20261124"))


class Brand(People, Reviews, TakingPart, Shelves):
    """Everything that an administrator can do to a brand."""

    @initialize()
    def start(self) -> None:
        """Three persons, two of them subjects of a running assessment that knows mentors."""
        self.world.libraries[self.user.user_id] = Library()
        for name in NAMES[:3]:
            first, last = name.split()
            person = self.engine.person(first, last, brand=self.brand)
            self.world.persons[person.public_id] = Person(person.public_id, first, last, person.email)
        row = self.engine.assessment("Leaders", owner=self.user, relationships=("Mentor",))
        review = Review(
            row.public_id, "Leaders", "360", self.user.user_id, row.survey.public_id, row.options, ["Mentor"], "Active"
        )
        self.world.surveys[row.survey.public_id] = row.survey.name
        self.world.reviews[review.id] = review
        self.world.libraries[review.id] = Library()
        for person_id in list(self.world.persons)[:2]:
            self.ask("addPerson", ThreeSixtyID=review.id, PersonID=person_id)
            review.enlist(person_id, subject=True, external=False)


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
        error.add_note(f"SEQUENCES_SEED={SEED} SEQUENCES_EXAMPLES={EXAMPLES} SEQUENCES_STEPS={STEPS} play it again.")
        raise
