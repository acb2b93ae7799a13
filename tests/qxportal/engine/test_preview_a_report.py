"""The report of a fictional person: over the assessment's questions, without a trace of those who take part."""

import io

from pypdf import PdfReader

from qxportal.engine.models import Edition
from tests.qxportal.engine.conftest import Caller
from tests.support.engine_fixture import ApiUser, Engine


def _words(document: bytes) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(document)).pages)


def test_a_fictional_person_stands_in_for_all(engine: Engine, call: Caller):
    review = engine.assessment("Leaders", relationships=("Customer",))
    people = engine.people(6)
    rated = engine.subject(review, people[0], status="Done", report_ready=True)
    for person in people[1:]:
        engine.evaluation(rated, person, "Peer", "Completed")

    def preview(**more: str) -> bytes:
        answer = call("qxPreviewReport", ThreeSixtyID=review.public_id, **more)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "application/pdf"
        return bytes(answer.content)

    english, german = preview(), preview(Language="DE", Seed="second")

    assert preview() == english != preview(Seed="second")
    said = _words(english)
    assert all(word in said for word in ("Alex Example", "Leaders", "Peers", "Customer"))
    assert all(question.text in said for question in engine.run(lambda: list(review.survey.questions.all()[:2])))
    assert not any(f"{one.first_name} {one.last_name}" in said for one in people)
    assert "Alex Beispiel" in _words(german)
    assert not engine.run(Edition.objects.exists)


def test_only_whoever_runs_the_assessment_gets_one(engine: Engine, call: Caller):
    review = engine.assessment("Leaders")
    other: ApiUser = engine.make_api_user("lena.haddad", brand_admin=False)

    assert call.refused("qxPreviewReport", user=other, ThreeSixtyID=review.public_id)[0] == 403
    assert call.refused("qxPreviewReport", ThreeSixtyID="TS_none")[0] == 400
    assert call.refused("qxPreviewReport", ThreeSixtyID=review.public_id, Seed="s" * 65)[0] == 400
