from django.apps import apps
from django.utils import timezone

from qxportal.engine.models import Assessment, Graphic, Mailing, Message, Panel, Person, Survey
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.pictures import png
from tests.support.engine_fixture import Engine

KEPT = {"LoggedCall", "Brand", "OrgStructure", "User", "UsualAddress", "Person", "EditionFence"}


def fill(engine: Engine, review: Assessment) -> None:
    """Give an assessment something of everything that one can have."""
    mara, jonas, aisha = engine.people(3)
    subject = engine.subject(review, mara)
    engine.evaluation(subject, jonas, "Manager", "Completed")
    engine.evaluation(subject, aisha, "Mentor", "InProgress")
    library = {"brand": engine.brand, "library_id": review.public_id}
    message = engine.run(Message.objects.create, **library, category="EvaluatorInvite", name="Invitation")
    engine.run(Mailing.objects.create, assessment=review, kind="Invite", message=message, scheduled_at=timezone.now())
    engine.run(
        Graphic.objects.create,
        **library,
        description="Logo",
        content=png(),
        content_type="image/png",
        width=8,
        height=4,
    )
    engine.run(lambda: Panel.objects.create(**library, name="Pilot").persons.add(mara))


def counts(engine: Engine) -> dict[str, int]:
    def count() -> dict[str, int]:
        models = apps.get_app_config("engine").get_models(include_auto_created=True)
        return {model.__name__: model._default_manager.count() for model in models}

    found: dict[str, int] = engine.run(count)
    return {name: number for name, number in found.items() if number and name != "LoggedCall"}


def test_nothing_of_a_deleted_assessment_is_left_but_its_form(engine: Engine, call: Caller):
    review = engine.assessment("Leaders", relationships=("Mentor",))
    fill(engine, review)
    assert {"Answer", "Evaluation", "Graphic", "Mailing", "Panel", "Report", "DataSource"} < set(counts(engine))

    assert call.result("deleteAssessment", ThreeSixtyID=review.public_id) == {"Success": True}

    assert set(counts(engine)) - KEPT == {"Survey", "Competency", "Question"}
    assert engine.run(Person.objects.count) == 3
    assert engine.run(Survey.objects.get).pk == review.survey_id
    assert call.result("getAssessments")["Assessments"] == []
    for request in ("deleteAssessment", "getAssessment", "activateAssessment"):
        assert call.refused(request, ThreeSixtyID=review.public_id) == (400, "ESRV35|ThreeSixtyID")
    assert call.refused("getLibraryMessages", LibraryID=review.public_id) == (400, "ESRV35|LibraryID")


def test_other_assessments_keep_all_they_have(engine: Engine, call: Caller):
    other = engine.assessment("Autumn review", relationships=("Mentor",))
    fill(engine, other)
    before = counts(engine)
    review = engine.assessment("Spring review", survey=other.survey, relationships=("Mentor",))
    fill(engine, review)

    call.result("deleteAssessment", ThreeSixtyID=review.public_id)

    after = counts(engine)
    assert {name: after[name] for name in before if name not in KEPT} == {
        name: number for name, number in before.items() if name not in KEPT
    }


def test_an_id_is_free_again_afterwards(call: Caller):
    for _ in range(2):
        made = call.result("createAssessment", Name="Leaders", ThreeSixtyID="TS_Leaders2026abcd")
        call.result("deleteAssessment", ThreeSixtyID=made["ThreeSixtyID"])


def test_it_needs_who_administers_the_assessment(engine: Engine, call: Caller):
    tom = engine.make_api_user("tom.rossi", brand_admin=False)
    rival = engine.make_api_user("rita.kessler", brand=engine.make_brand("fennmoor", "Fennmoor Studio"))
    which = {"ThreeSixtyID": engine.assessment("Leaders").public_id}

    assert call.refused("deleteAssessment", user=tom, **which) == (403, "ESRV3")
    assert call.refused("deleteAssessment", user=rival, **which) == (400, "ESRV35|ThreeSixtyID")
    assert len(call.result("getAssessments")["Assessments"]) == 1
