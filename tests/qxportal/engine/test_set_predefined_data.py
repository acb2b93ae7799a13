import io
import json
from typing import Any

import defusedxml.ElementTree as ElementTree
import pytest
from pypdf import PdfReader

from qxportal.engine.models import Assessment, DataSource, Group, Person
from tests.qxportal.engine.conftest import Caller
from tests.support.engine_fixture import Engine

NORMS = [
    {"Competency": "Communication", "Mean": 3.7, "Subjects": 84},
    {"competency": " results ", "MEAN": "3.25", "subjects": "84"},
    {"QuestionID": "QID2", "Mean": 2.5},
]


@pytest.fixture
def review(engine: Engine) -> Assessment:
    return engine.assessment("Leaders")


@pytest.fixture
def mara(engine: Engine, review: Assessment) -> Person:
    mara, *others = engine.people(5)
    subject = engine.subject(review, mara, status="Done", report_ready=True)
    engine.evaluation(subject, mara, "Self", "Completed")
    for person in others:
        engine.evaluation(subject, person, "Peer", "Completed")
    return mara


def table_of(call: Caller, review: Assessment) -> dict[str, str]:
    (report,) = call.result("getAssessment", ThreeSixtyID=review.public_id)["Reports"]
    (source,) = report["DataSources"]
    return {"ReportID": report["ReportID"], "DataSourceID": source["DataSourceID"]}


def report_of(call: Caller, review: Assessment, person: Person) -> dict[str, Any]:
    found = call.result("getSubjectReport", ThreeSixtyID=review.public_id, PersonID=person.public_id)
    return dict(found["Report"])


def test_the_report_shows_the_figures_given(call: Caller, review: Assessment, mara: Person):
    assert "Norms" not in report_of(call, review, mara)

    answer = call.result("setPredefinedData", **table_of(call, review), PredefinedData=NORMS)

    assert answer == {"Success": True, "Rows": 3, "Shown": 3}
    report = report_of(call, review, mara)
    names = {one["ID"]: one["Name"] for one in report["Competencies"]}
    (norms,) = report["Norms"]
    assert (norms["Name"], norms["People"]) == ("Norms", 84)
    assert {names.get(about, about): mean for about, mean in norms["Means"].items()} == {
        "Communication": 3.7,
        "Results": 3.25,
        "QID2": 2.5,
    }


def test_the_pdf_shows_them_too(engine: Engine, call: Caller, review: Assessment, mara: Person):
    table = table_of(call, review)
    engine.run(DataSource.objects.update, name="Company norms 2025")
    which = {"ThreeSixtyID": review.public_id, "PersonID": mara.public_id}

    def text() -> str:
        document = PdfReader(io.BytesIO(call("getSubjectReportPDF", **which).content))
        return " ".join(" ".join(page.extract_text().split()) for page in document.pages)

    assert "Company norms 2025" not in text()
    call.result("setPredefinedData", **table, PredefinedData=[{"Competency": "Results", "Mean": 1.2, "Subjects": 1}])
    printed = text()
    assert "Company norms 2025 (1 person)" in printed
    assert "are not based on the answers in this report" in printed
    assert printed.count("1.2") >= 2  # in the summary and beside the competency's statements


def test_a_figure_about_one_person_is_in_that_report_only(
    engine: Engine, call: Caller, review: Assessment, mara: Person
):
    (tom,) = engine.people(1)
    engine.subject(review, tom, status="Done", report_ready=True)
    rows = [
        {"Competency": "Results", "Mean": 3.5},
        {"Competency": "Results", "Mean": 4.1, "PersonID": mara.public_id},
        {"Competency": "Communication", "Mean": 2.2, "PersonID": mara.public_id},
    ]

    call.result("setPredefinedData", **table_of(call, review), PredefinedData=rows)

    means = [sorted(report_of(call, review, person)["Norms"][0]["Means"].values()) for person in (mara, tom)]
    assert means == [[2.2, 4.1], [3.5]]


def test_rows_that_name_nothing_of_the_form_are_kept_and_not_shown(
    engine: Engine, call: Caller, review: Assessment, mara: Person
):
    rows = [
        {"Competency": "Juggling", "Mean": 3.5},
        {"Competency": "Results", "Mean": 5.1},
        {"Competency": "Results", "Mean": 0.9},
        {"Competency": "Results", "Mean": "high"},
        {"Competency": "Results"},
        {"Note": "Collected in 2025", "Source": None},
    ]

    answer = call.result("setPredefinedData", **table_of(call, review), PredefinedData=rows)

    assert (answer["Rows"], answer["Shown"]) == (6, 0)
    assert engine.run(DataSource.objects.get).rows == rows
    assert "Norms" not in report_of(call, review, mara)


def test_new_rows_replace_the_old_ones(call: Caller, review: Assessment, mara: Person):
    table = table_of(call, review)
    call.result("setPredefinedData", **table, PredefinedData=NORMS)
    call.result("setPredefinedData", **table, PredefinedData=[{"Competency": "Results", "Mean": 5}])
    assert list(report_of(call, review, mara)["Norms"][0]["Means"].values()) == [5.0]

    call.result("setPredefinedData", **table, PredefinedData=[])

    assert "Norms" not in report_of(call, review, mara)


def test_figures_from_outside_uncover_nobody(engine: Engine, call: Caller, review: Assessment):
    """What is hidden because a group is thin stays hidden, whatever is given beside it."""
    mara, jonas, aisha = engine.people(3)
    subject = engine.subject(review, mara, status="Done", report_ready=True)
    for person in (jonas, aisha):
        engine.evaluation(subject, person, "Peer", "Completed")
    before = report_of(call, review, mara)

    call.result("setPredefinedData", **table_of(call, review), PredefinedData=NORMS)

    after = report_of(call, review, mara)
    assert before == {name: value for name, value in after.items() if name != "Norms"}
    assert all(one["Results"] == {} and "Others" not in one for one in after["Competencies"])


@pytest.mark.parametrize(
    "rows",
    [
        "{",
        '{"Competency": "Results"}',
        "[7]",
        "[[]]",
        "[{}]",
        '[{"Mean": [3]}]',
        '[{"Mean": {"of": 3}}]',
        '[{"Mean": NaN}]',
        '[{"Mean": Infinity}]',
        '[{"Mean": 1e16}]',
        '[{"": 3}]',
        json.dumps([{"x" * 101: 3}]),
        json.dumps([{"Note": "x" * 1_001}]),
        json.dumps([{f"Column {number}": 1 for number in range(51)}]),
        json.dumps([{"Mean": 3}] * 5_001),
        '[{"Note": "\\u0000"}]',
    ],
    ids=lambda rows: rows[:30],
)
def test_what_is_no_bounded_table_is_refused(engine: Engine, call: Caller, review: Assessment, rows: str):
    table = table_of(call, review)
    call.result("setPredefinedData", **table, PredefinedData=NORMS)

    refused = call.refused("setPredefinedData", **table, PredefinedData=rows)

    assert refused == (400, "ESRV35|PredefinedData")
    assert engine.run(DataSource.objects.get).rows == NORMS


def test_a_refusal_names_the_row(call: Caller, review: Assessment):
    answer = call("setPredefinedData", **table_of(call, review), PredefinedData=[{"Mean": 3}, {"Mean": []}])

    assert "Row 2" in answer.json()["Meta"]["ErrorMessage"]


def test_the_largest_table_is_taken(call: Caller, review: Assessment):
    row = {"Competency": "Results", "Mean": 3, "x" * 100: "y" * 1_000, "Switch": True}

    answer = call.result("setPredefinedData", **table_of(call, review), PredefinedData=[row] * 5_000)

    assert (answer["Rows"], answer["Shown"]) == (5_000, 5_000)


def test_the_table_is_not_fetched_from_elsewhere(call: Caller, review: Assessment):
    table = table_of(call, review)

    assert call.refused("setPredefinedData", **table, URL="https://marlstone.example/norms.json") == (
        400,
        "ESRV35|URL",
    )
    assert call.refused("setPredefinedData", **table) == (400, "ESRV35|PredefinedData")


def test_it_needs_who_administers_the_assessment(engine: Engine, call: Caller):
    tom, lena = (engine.make_api_user(name, brand_admin=False) for name in ("tom.rossi", "lena.novak"))
    rival = engine.make_api_user("rita.kessler", brand=engine.make_brand("fennmoor", "Fennmoor Studio"))
    group = engine.run(Group.objects.create, brand=engine.brand, name="People Analytics")
    engine.run(group.members.add, tom.row)
    made = call.result("createAssessment", Name="Leaders", OwnerID=group.public_id)
    review = engine.run(Assessment.objects.get, public_id=made["ThreeSixtyID"])
    given = {**table_of(call, review), "PredefinedData": NORMS}

    call.result("setPredefinedData", user=tom, **given)
    assert call.refused("setPredefinedData", user=lena, **given) == (403, "ESRV3")
    assert call.refused("setPredefinedData", user=rival, **given) == (400, "ESRV35|ReportID")
    other = table_of(call, engine.assessment("Others"))
    mixed = given | {"DataSourceID": other["DataSourceID"]}
    assert call.refused("setPredefinedData", **mixed) == (400, "ESRV35|DataSourceID")


def test_the_report_comes_in_every_format(call: Caller, review: Assessment, mara: Person):
    call.result("setPredefinedData", **table_of(call, review), PredefinedData=NORMS)
    which = {"ThreeSixtyID": review.public_id, "PersonID": mara.public_id}

    report = report_of(call, review, mara)
    root = ElementTree.fromstring(call("getSubjectReport", form="XML", **which).content)
    padded = call("getSubjectReport", form="JSONP", JSONPCallback="show", **which).text

    assert json.loads(padded.removeprefix("show(").removesuffix(");"))["Result"]["Report"] == report
    assert root.findtext("Result/Report/SubjectName") == report["SubjectName"]
    assert root.findtext("Result/Report/Norms/element[@id='0']/Means/QID2") == "2.5"
    assert root.findtext("Result/Report/Scale/element[@key='5']") == report["Scale"]["5"]
    names = [one.findtext("Name") for one in root.findall("Result/Report/Competencies/element")]
    assert names == [one["Name"] for one in report["Competencies"]]


def test_tables_are_told_but_for_rows_about_the_caller(engine: Engine, call: Caller, review: Assessment):
    (own, other) = engine.people(2)
    engine.run(Person.objects.filter(pk=own.pk).update, user=engine.api_user.row)
    table = table_of(call, review)
    rows = [
        {"Competency": "Results", "Mean": 4.4, "personid": own.public_id},
        {"Competency": "Nothing", "Mean": 3.0},
        {"QuestionID": "QID2", "Mean": 2.5, "PersonID": other.public_id},
    ]
    call.result("setPredefinedData", **table, PredefinedData=rows)

    told = call.result("qxGetPredefinedData", ReportID=table["ReportID"])

    [only] = told["DataSources"]
    assert (only["DataSourceID"], only["Rows"], only["Shown"]) == (table["DataSourceID"], rows[1:], [2])
    assert told["Points"] == 5


def test_tables_are_given_to_callers_who_may_set_them(engine: Engine, call: Caller, review: Assessment):
    table = table_of(call, review)
    lena = engine.make_api_user("lena.novak", brand_admin=False)

    assert call.refused("qxGetPredefinedData", user=lena, ReportID=table["ReportID"]) == (403, "ESRV3")
    assert call.refused("qxGetPredefinedData", ReportID="RP_none") == (400, "ESRV35|ReportID")
