"""Details of people that reach the forms which they have finished, by an import that was told so."""

import pytest

from directory.models import Person
from qxportal.engine.models import Evaluation
from qxportal.ledger.models import PlanLine
from qxportal.ledger.plans.apply import apply_plan
from qxportal.ledger.plans.make import make_plan
from qxportal.ledger.plans.sources import SourceRow

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@pytest.mark.parametrize(("options", "kept"), [({}, ""), ({"update_responses": True}, "Export")])
def test_finished_forms_get_the_details_only_by_choice(connected, scene, options, kept):
    engine = connected.engine
    form = engine.run(scene.evaluations.get, relationship="Manager")
    engine.run(Evaluation.objects.filter(pk=form.pk).update, evaluator_metadata={})
    connected.sync()
    who = Person.objects.get(org=connected.org, vendor_id=engine.run(lambda: form.evaluator.public_id))
    row = SourceRow(2, {"email": who.email, "metadata:Department": "Export"})
    source = {"from": "file", "name": "people.csv"}
    plan = make_plan(connected.org, "people", [row], by=connected.admin, title="Import", source=source, options=options)

    apply_plan(plan, by=connected.admin, typed=plan.acting)
    connected.send()

    assert set(plan.lines.values_list("state", flat=True)) == {PlanLine.State.DONE}
    assert engine.refreshed(form).evaluator_metadata.get("Department", "") == kept
