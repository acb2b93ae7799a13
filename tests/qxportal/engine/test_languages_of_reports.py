"""A report is in the subject's language: the person's own, else the brand's, else English; its figures stay."""

import io
from typing import Any

import pytest
from django.core.management import call_command
from pypdf import PdfReader

from qxportal.engine.models import AnswerClass, Assessment, Competency, Edition, Question, Relationship
from tests.qxportal.engine.conftest import Caller
from tests.support.built_once import built_once
from tests.support.engine_fixture import Engine

SHEET = """ID,DE
QID1_QuestionText,Erklärt Entscheidungen.
QID1_Choice1,Nie
QID1_Choice5,Immer
Competency1,Führung
Competency1_Description,Gibt Richtung.
"""


class Round:
    """One subject who is done, with answers of peers and customers."""

    def __init__(self, engine: Engine, call: Caller) -> None:
        self.engine, self.call = engine, call
        self.assessment = engine.assessment("Leaders", relationships=("Customer",))
        self.mara, *others = engine.people(7)
        subject = engine.subject(self.assessment, self.mara, status="Done", report_ready=True)
        for number, other in enumerate(others):
            engine.evaluation(subject, other, "Peer" if number < 3 else "Customer", "Completed")

    @property
    def ids(self) -> dict[str, str]:
        return {"ThreeSixtyID": self.assessment.public_id, "PersonID": self.mara.public_id}

    def speak(self, code: str) -> None:
        self.mara.metadata = {"Language": code}
        self.engine.run(self.mara.save)

    def report(self) -> Any:
        return self.call.result("getSubjectReport", **self.ids)["Report"]

    def translate(self, sheet: str) -> None:
        survey = self.assessment.survey
        answer = self.call.upload("importSurveyTranslations", sheet.encode(), SurveyID=survey.public_id)
        assert answer.status_code == 200, answer.text


@pytest.fixture
@built_once
def at(engine: Engine, call: Caller) -> Round:
    return Round(engine, call)


def brand_speaks(engine: Engine, code: str) -> None:
    engine.run(lambda: call_command("engine", "language", engine.brand.name, code))


@pytest.mark.parametrize(
    ("own", "brand", "language"),
    [
        ("", "EN", "en"),
        ("", "DE", "de"),
        ("DE", "EN", "de"),
        ("de_AT", "EN", "de"),
        ("EN-GB", "DE", "en"),
        ("FR", "EN", "fr"),
        ("es_MX", "DE", "es"),
        ("", "ES", "es"),
        ("PL", "DE", "de"),
        ("PL", "EN", "en"),
        ("?", "DE", "de"),
    ],
)
def test_the_persons_language_counts_before_the_brands(at: Round, own: str, brand: str, language: str):
    brand_speaks(at.engine, brand)
    at.speak(own)

    report = at.report()

    assert report["Language"] == language
    peers = {"en": "Peers", "de": "Kolleginnen und Kollegen", "fr": "Pairs", "es": "Pares"}
    readers = {
        "en": "the administrators of {}",
        "de": "die Administration von {}",
        "fr": "l’administration ({})",
        "es": "la administración de {}",
    }
    assert report["Groups"][0]["Label"] == peers[language]
    assert report["PreparedFor"] == readers[language].format(at.engine.brand.title)


def test_a_brand_of_another_language_has_english_reports(at: Round):
    at.engine.run(lambda: type(at.engine.brand).objects.update(language="PL"))

    assert at.report()["Language"] == "en"


def test_a_survey_speaks_the_language_as_far_as_it_is_translated(at: Round):
    before = at.report()
    at.translate(SHEET)
    at.engine.run(Relationship.objects.update, translations={"DE": "Kundschaft", "FR": "Client"})
    assert at.report() == before
    at.speak("DE")

    report = at.report()

    first, *others = report["Competencies"]
    assert (first["Name"], first["Items"][0]["Text"]) == ("Führung", "Erklärt Entscheidungen.")
    assert [each["Name"] for each in others] == [each["Name"] for each in before["Competencies"][1:]]
    assert [group["Label"] for group in report["Groups"]] == ["Kolleginnen und Kollegen", "Kundschaft"]
    assert report["Scale"] == before["Scale"]  # most statements are not translated
    at.translate("ID,DE\n" + "".join(f"QID{n}_Choice1,Nie\n" for n in range(1, 11)))
    assert at.report()["Scale"]["1"] == "Nie"


def test_regional_translations_serve_where_there_is_no_other(at: Round):
    at.translate(SHEET.replace("DE", "DE-AT"))
    at.speak("DE")

    assert at.report()["Competencies"][0]["Name"] == "Führung"


def test_a_german_survey_is_read_as_it_is_by_germans(at: Round):
    at.engine.run(lambda: type(at.assessment.survey).objects.update(language="DE"))
    at.translate("ID,EN\nCompetency1,Leading people\nQID1_QuestionText,Explains.\n")
    at.speak("DE")
    name = at.engine.run(lambda: Competency.objects.order_by("position")[0].name)
    assert at.report()["Competencies"][0]["Name"] == name
    at.speak("EN")

    competency = at.report()["Competencies"][0]
    assert (competency["Name"], competency["Items"][0]["Text"]) == ("Leading people", "Explains.")


def test_statements_without_a_competency_have_a_heading_in_the_language(at: Round):
    at.engine.run(Question.objects.update, competency=None)
    assert [each["Name"] for each in at.report()["Competencies"]] == ["General"]
    at.speak("DE")

    assert [each["Name"] for each in at.report()["Competencies"]] == ["Allgemein"]


def test_norms_name_competencies_as_their_author_did(at: Round):
    name = at.report()["Competencies"][0]["Name"]
    tables = at.call.result("getAssessment", ThreeSixtyID=at.assessment.public_id)["Reports"][0]
    which = {"ReportID": tables["ReportID"], "DataSourceID": tables["DataSources"][0]["DataSourceID"]}
    told = at.call.result("setPredefinedData", **which, PredefinedData=[{"Competency": name, "Mean": 3.2}])
    at.translate(SHEET)
    at.speak("DE")

    assert told["Shown"] == 1
    assert at.report()["Norms"][0]["Means"] == {"C1": 3.2}


def test_an_edition_has_the_same_figures_in_every_language(at: Round):
    def numbers(report: Any) -> list[Any]:
        return [
            (each["Results"], each.get("Others")) for one in report["Competencies"] for each in (one, *one["Items"])
        ]

    english = at.report()
    kept = at.engine.run(lambda: (Edition.objects.count(), list(AnswerClass.objects.order_by("pk").values())))
    at.translate(SHEET)
    at.speak("DE")
    german = at.report()
    at.speak("")

    assert numbers(german) == numbers(english)
    assert [(each["Key"], each["Count"]) for each in german["Groups"]] == [
        (each["Key"], each["Count"]) for each in english["Groups"]
    ]
    assert at.report() == english
    assert at.engine.run(lambda: (Edition.objects.count(), list(AnswerClass.objects.order_by("pk").values()))) == kept


def test_raters_languages_change_no_byte(at: Round):
    before = at.call("getSubjectReportPDF", **at.ids).content

    at.engine.run(lambda: at.assessment.evaluations.update(language="DE"))
    for person in at.engine.run(lambda: [one.evaluator for one in at.assessment.evaluations.all()]):
        if person.pk != at.mara.pk:
            person.metadata = {"Language": "DE"}
            at.engine.run(person.save)

    assert at.call("getSubjectReportPDF", **at.ids).content == before


def test_a_german_pdf_and_its_name_are_german(at: Round):
    at.speak("DE")

    answer = at.call("getSubjectReportPDF", Viewer="Admin", **at.ids)

    first, second, *_ = PdfReader(io.BytesIO(answer.content)).pages
    assert "360°-Feedback-Bericht" in first.extract_text()
    assert "So lesen Sie diesen Bericht" in second.extract_text()
    assert "f%C3%BCr%20die%20Administration" in answer.headers["Content-Disposition"]


def test_refusals_stay_english(at: Round):
    brand_speaks(at.engine, "DE")
    at.engine.run(Assessment.objects.update, name="Andere")
    at.speak("DE")

    answer = at.call("getSubjectReport", ThreeSixtyID=at.assessment.public_id, PersonID="P_none")

    assert answer.status_code == 400
    assert (
        "There is no such" in answer.json()["Meta"]["ErrorMessage"]
        or "subject" in answer.json()["Meta"]["ErrorMessage"]
    )


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        ("ID,DE\nCompetency99,Zu viel\n", "there is no competency 99"),
        ("ID,DE\nCompetency1," + "x" * 201 + "\n", "more than 200 characters"),
    ],
)
def test_translations_of_competencies_that_do_not_fit_are_refused(at: Round, sheet: str, words: str):
    answer = at.call.upload("importSurveyTranslations", sheet.encode(), SurveyID=at.assessment.survey.public_id)

    assert answer.status_code == 400
    assert words in answer.json()["Meta"]["ErrorMessage"]
