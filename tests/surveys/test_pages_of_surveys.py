"""Surveys: the list, what one asks, and switching it on and off, against a running engine."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.survey_forms import ValidityForm
from qxportal.accounts.roles import Role
from qxportal.ledger.jobs.run import run_next
from qxportal.ledger.models import Change, ResourceSync
from qxportal.threesixty.records.survey_definition import BlockRecord, ChoiceRecord, QuestionRecord, SurveyDefinition
from qxportal.threesixty.records.surveys import QuotaRecord
from surveys.content import facts_of, mirror_content, plain
from surveys.models import Survey, SurveyContent
from tests.qxportal.engine.site.conftest import survey_of
from tests.qxportal.engine.surveys.survey_files import drill_down as whole_drill_down
from tests.qxportal.engine.surveys.survey_files import leadership
from tests.qxportal.engine.surveys.survey_files import profile as whole_profile
from tests.support.mirrored_rows import assessment, browser, organisation, people, subjects, text
from tests.support.tenants import signed_in

pytestmark = pytest.mark.django_db
live = pytest.mark.django_db(transaction=True, databases=["default", "engine"])
POINTS = tuple(ChoiceRecord(id=str(n), description=f"Point {n}", recode=str(n)) for n in (1, 2, 3))


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def form(org):
    return Survey.objects.create(
        org=org, vendor_id="SV_form", name="Leadership form", status="Active", seen_at=timezone.now()
    )


def matrix(identifier: str, words: str, points: tuple[ChoiceRecord, ...] = POINTS) -> QuestionRecord:
    said = ChoiceRecord(id="1", description="Listens to others")
    return QuestionRecord(
        id=identifier, type="Matrix", text=f"<p>{words}</p>", export_tag=identifier, choices=(said,), answers=points
    )


def told(
    form: Survey,
    *questions: QuestionRecord,
    german: tuple[QuestionRecord, ...] = (),
    embedded: dict[str, str] | None = None,
) -> None:
    asked: dict[str, Any] = {
        "name": form.name,
        "default_language": "EN",
        "languages": ("EN", "DE") if german else ("EN",),
        "embedded_data": embedded or {},
        "blocks": (BlockRecord(id="BL_1", description="First part", questions=(questions[0].id,)),),
    }
    others = {"DE": SurveyDefinition(**{**asked, "questions": german})} if german else {}
    facts = facts_of(SurveyDefinition(**{**asked, "questions": questions}), others)
    quota = QuotaRecord(vendor_id="QO_1", name="Enough managers", limit=5, count=2)
    mirror_content(form, facts, [quota], as_of=timezone.now())


def page(client: Any, form: Survey, verb: str = "", **posted: str) -> Any:
    url = f"/o/{form.org.slug}/surveys/{form.pk}/{verb}"
    return client.post(url, posted) if posted else client.get(url)


def test_the_list_says_who_uses_a_survey_and_finds_those_without(org, form):
    Survey.objects.create(org=org, vendor_id="SV_other", name="Orphaned form", seen_at=timezone.now())
    assessment(org, "Autumn review", survey_id="SV_form")
    reader = browser(org, Role.READER)

    everything = text(reader.get(f"/o/{org.slug}/surveys/"))
    unused = text(reader.get(f"/o/{org.slug}/surveys/?used=no"))

    assert "Autumn review" in everything
    assert "Orphaned form" in unused
    assert "Leadership form" not in unused


def test_the_list_takes_no_query_per_survey(org, form):
    reader = browser(org, Role.READER)
    asked = []
    for number in range(3):  # the first visit warms what is kept between requests
        Survey.objects.create(org=org, vendor_id=f"SV_{number}", name=f"Form {number}", seen_at=timezone.now())
        assessment(org, f"Review {number}", vendor_id=f"TS_{number}", survey_id=f"SV_{number}")
        with CaptureQueriesContext(connection) as queries:
            reader.get(f"/o/{org.slug}/surveys/")
        asked.append(len(queries))

    assert asked[1] == asked[2]


def test_the_list_swapped_alone_takes_few_queries_and_shows_names_as_text(org):
    named, seen_at = "<b>Form</b> & {0} %s", timezone.now() - timedelta(days=3)  # told alike by a slow machine
    Survey.objects.bulk_create(
        Survey(org=org, vendor_id=f"SV_{number}", name=f"{named} {number:03}", status="Active", seen_at=seen_at)
        for number in range(120)
    )
    ResourceSync.objects.create(org=org, resource="surveys", rows=12_345)
    for number in range(5):
        assessment(org, f"<i>Review</i> {{pk}} {number}", vendor_id=f"TS_{number}", survey_id="SV_0")
    reader, alone = browser(org, Role.READER), {"HX-Request": "true", "HX-Target": "listing"}
    first = reader.get(f"/o/{org.slug}/surveys/", headers=alone)

    for query in ("", "q=form", "used=no", f"cursor={first.context['page'].next}"):
        with CaptureQueriesContext(connection) as queries:
            shown = reader.get(f"/o/{org.slug}/surveys/?{query}", headers=alone).content.decode()
        counted = query in ("q=form", "used=no")  # what is narrowed is not known from the last reading
        assert len(queries) <= 2 + 3 + counted, query  # the session and its user come first
        assert "<html" not in shown and shown.count("row-link") == 50, query
    html = first.content.decode()
    bare = reader.get(f"/o/{org.slug}/surveys/?columns=none", headers=alone).content.decode()
    whole = reader.get(f"/o/{org.slug}/surveys/").content.decode()

    assert "<b>" not in html and "<i>" not in html
    assert "&lt;b&gt;Form&lt;/b&gt; &amp; {0} %s 000" in html and "&lt;i&gt;Review&lt;/i&gt; {pk} 4" in html
    assert "and 2 more" in html and html.count("Not used") == 49
    assert html[html.index("<tbody>") : html.index("</tbody>")] in whole
    assert "Not used" not in bare and "Review" not in bare and "<time" not in bare


def test_what_the_last_reading_of_surveys_listed_is_known_without_counting(org):
    Survey.objects.bulk_create(
        Survey(org=org, vendor_id=f"SV_{number}", name=f"Form {number}", seen_at=timezone.now()) for number in range(60)
    )
    ResourceSync.objects.create(org=org, resource="surveys", rows=12_345)
    reader = browser(org, Role.READER)

    assert "12,345 surveys" in text(reader.get(f"/o/{org.slug}/surveys/"))
    assert "60 surveys" in text(reader.get(f"/o/{org.slug}/surveys/?q=form"))


def test_a_survey_shows_its_questions_scale_quotas_and_language(org, form):
    told(form, matrix("Q1", "Communication"), german=(matrix("Q1", "Kommunikation"),))
    reader = browser(org, Role.READER)

    english, german = text(page(reader, form)), text(page(reader, form, "?language=DE"))

    for words in ("First part", "Communication", "Point 3 (3)", "Enough managers"):
        assert words in english
    assert "Kommunikation" in german
    assert "Activate…" not in english and "Deactivate…" not in english


def test_markup_in_texts_and_any_name_of_a_field_are_shown_as_they_are(org, form):
    told(form, matrix("Q1", "&lt;img src=x onerror=y&gt;"), embedded={"items": "<b>ten</b>"})

    reader = browser(org, Role.READER)
    for query in ("", "?preview=1", "?language=nowhere"):
        page_of_it = page(reader, form, query).content.decode()
        assert "&lt;img src=x onerror=y&gt;" in page_of_it
        assert "<img src=x" not in page_of_it
        assert ("<dt>items</dt><dd><code>ten</code></dd>" in page_of_it) is (query != "?preview=1")


@pytest.mark.parametrize("odd", ["<a " * 100_000, "<br" * 100_000])
def test_tags_without_an_end_hinder_no_reading(odd):
    assert plain(f"Communication {odd}").startswith("Communication")


def test_of_a_large_difference_a_part_is_shown(org, form):
    told(form, matrix("Q0", "First"))
    told(form, *(matrix(f"Q{number}", f"Question {number}") for number in range(1, 61)))

    shown = text(page(browser(org, Role.READER), form))

    assert "and 11 more" in shown  # of 60 added and one removed


def test_quotas_are_left_out_for_a_subject_even_after_the_assessment_is_gone(org, form):
    told(form, matrix("Q1", "Communication"))
    (person,) = people(org, 1)
    reader = browser(org, Role.READER)
    assert "Enough managers" in text(page(reader, form))
    person.email = f"{Role.READER.value}@{org.slug}.example"
    person.save()

    subjects(assessment(org, survey_id="SV_form", gone_at=timezone.now()), [person])

    assert "Enough managers" not in text(page(reader, form))


def test_the_preview_has_a_field_for_each_point(org, form):
    told(form, matrix("Q1", "Communication"))

    shown = page(browser(org, Role.READER), form, "?preview=1")

    assert shown.content.count(b'type="radio"') == 3


def test_points_without_words_are_numbered_in_the_preview(org, form):
    told(form, matrix("Q1", "Between two poles", tuple(ChoiceRecord(id=str(n), recode=str(n - 2)) for n in (1, 2, 3))))

    shown = page(browser(org, Role.READER), form, "?preview=1").content.decode()

    assert re.findall(r'form-check-label">([^<]*)<', shown) == ["-1", "0", "1"]


def drill_down(map: bool = True) -> QuestionRecord:
    above = {"Tyrol": "1", "Bavaria": "2"} if map else {}
    places = enumerate(("Austria", "Germany", "Tyrol", "Bavaria"), start=1)
    return QuestionRecord(
        id="Q7",
        type="DD",
        text="Place of work",
        choices=(ChoiceRecord(id="1", description="Country"), ChoiceRecord(id="2", description="Region")),
        answers=tuple(
            ChoiceRecord(id=str(n), description=word, recode=str(n), parent=above.get(word, "")) for n, word in places
        ),
    )


def profile() -> QuestionRecord:
    scales = {"Pace": ("Slow", "Fast"), "Care": ("None", "Some", "Much", "All")}
    statements = tuple(
        ChoiceRecord(
            id=str(number),
            description=statement,
            answers=tuple(ChoiceRecord(id=str(n), description=word, recode=str(n)) for n, word in enumerate(words, 1)),
        )
        for number, (statement, words) in enumerate(scales.items(), start=1)
    )
    return QuestionRecord(id="Q8", type="Matrix", selector="Profile", text="Ways of working", choices=statements)


def test_preview_of_a_drill_down_groups_each_list_by_the_one_before(org, form):
    told(form, drill_down())

    shown = page(browser(org, Role.READER), form, "?preview=1").content.decode()

    assert shown.count("<select") == 2
    assert re.findall(r'<optgroup label="([^"]+)" data-below="(\d)">', shown) == [("Austria", "1"), ("Germany", "2")]
    assert shown.count(">Bavaria</option>") == 1


def test_preview_of_a_drill_down_that_says_no_order_offers_all_answers_in_each_list(org, form):
    told(form, drill_down(map=False))

    shown = page(browser(org, Role.READER), form, "?preview=1").content.decode()

    assert shown.count(">Bavaria</option>") == 2
    assert "<optgroup" not in shown


def test_preview_of_a_profile_has_the_scale_of_each_statement(org, form):
    told(form, profile())

    shown = page(browser(org, Role.READER), form, "?preview=1").content.decode()

    assert [shown.count(f'name="try-Q8-{number}"') for number in (1, 2)] == [2, 4]


def test_preview_of_a_profile_in_lists_has_a_list_for_each_statement(org, form):
    told(form, replace(profile(), sub_selector="DL"))

    shown = page(browser(org, Role.READER), form, "?preview=1").content.decode()

    assert [shown.count(f'id="try-Q8-{number}"') for number in (1, 2)] == [1, 1]
    assert ">Slow</option>" in shown
    assert 'name="try-Q8' not in shown


def test_questions_of_both_kinds_are_listed_in_short_and_have_no_wrong_scale(org, form):
    told(form, matrix("Q1", "One"), drill_down(), profile())

    shown = page(browser(org, Role.READER), form)

    assert "Country: 2 answers · Region: 2 answers" in text(shown)
    assert "Pace Slow (1), Fast (2)" in text(shown)
    assert shown.context["findings"] == []


def test_what_new_kinds_say_changes_no_question_without_it(org, form):
    known = facts_of(SurveyDefinition(name="Form", questions=(matrix("Q1", "One"),)), {})["questions"]

    assert {key for one in known for listed in (one["choices"], one["answers"]) for each in listed for key in each} == {
        "id",
        "text",
        "recode",
        "text_entry",
    }


def test_scales_that_count_wrongly_are_named(org, form):
    upside_down = tuple(ChoiceRecord(id=one.id, description=one.description, recode=one.recode) for one in POINTS[::-1])
    no_opinion = (*POINTS, ChoiceRecord(id="9", description="Not applicable", recode="0"))
    wider = (*POINTS, ChoiceRecord(id="4", description="Point 7", recode="7"))
    told(
        form,
        matrix("Q1", "One"),
        matrix("Q2", "Two"),
        matrix("Q3", "Three", upside_down),
        matrix("Q4", "Four", no_opinion),
        matrix("Q5", "Five", wider),
    )

    found = page(browser(org, Role.READER), form).context["findings"]

    assert [(one.question, one.words) for one in found] == [
        ("Q4: Four", "“Not applicable” counts as a number."),
        ("Q3: Three", "The scale runs the other way than most."),
        ("Q5: Five", "The scale runs from 1 to 7, most run from 1 to 3."),
    ]


def test_what_changed_since_the_last_reading_is_shown(org, form):
    told(form, matrix("Q1", "Communication"), matrix("Q2", "Strategy"))
    told(form, matrix("Q1", "Communication and listening"), matrix("Q3", "Courage"))

    shown = text(page(browser(org, Role.READER), form))

    assert "Question changed" in shown and "Question added" in shown and "Question removed" in shown
    assert [line["what"] for line in SurveyContent.objects.get().changes[0]["lines"]] == ["changed", "added", "removed"]


def test_an_older_answer_changes_nothing(org, form):
    earlier = timezone.now()
    told(form, matrix("Q1", "Communication"))

    assert mirror_content(form, facts_of(SurveyDefinition(name="x"), {}), [], as_of=earlier) is None
    assert SurveyContent.objects.get().facts["questions"][0]["text"] == "Communication"


@pytest.mark.parametrize("verb", ["activate/", "deactivate/", "validity/"])
def test_readers_and_other_organisations_change_nothing(org, form, verb):
    stranger = browser(organisation("tarn", "Tarn Works"), Role.ADMIN)

    assert page(browser(org, Role.READER), form, verb, sessions="keep").status_code == 403
    assert page(stranger, form, verb, sessions="keep").status_code == 404
    assert stranger.get(f"/o/tarn/surveys/{form.pk}/").status_code == 404
    assert not Change.objects.exists()


def test_recording_half_finished_answers_is_confirmed_by_name(org, form):
    editor = browser(org, Role.EDITOR)

    refused = page(editor, form, "deactivate/", sessions="close", typed="something")
    assert not Change.objects.exists()
    page(editor, form, "deactivate/", sessions="close", typed="leadership form")

    assert refused.status_code == 422
    change = Change.objects.get()
    assert (change.request, change.retry_policy, change.parameters["close_sessions"]) == (
        "setSurveyOptions",
        "destructive",
        True,
    )


def test_a_survey_in_the_wanted_state_is_refused(org, form):
    answer = page(browser(org, Role.EDITOR), form, "activate/", sent="1")

    assert (answer.status_code, "The survey is active already." in text(answer)) == (422, True)


def test_the_end_of_validity_comes_after_its_beginning(org, form):
    times = {"valid_from": "2030-02-02T10:00", "valid_until": "2030-02-01T10:00"}

    answer = page(browser(org, Role.EDITOR), form, "validity/", **times)

    assert (answer.status_code, "This must be later than the beginning." in text(answer)) == (422, True)


@pytest.mark.parametrize(
    ("kept", "refused"), [({"valid_from": "2030-01-01T10:00"}, ["valid_until"]), ({"valid_from": ""}, [])]
)
def test_one_limit_is_not_taken_off_alone_as_the_server_would_keep_it(kept, refused):
    limits = {name: datetime(2030, month, 1, tzinfo=UTC) for name, month in (("valid_from", 1), ("valid_until", 2))}

    assert list(ValidityForm({"valid_until": "", **kept}, initial=limits).errors) == refused


@live
def test_a_survey_is_read_switched_off_on_and_limited(connected):
    there = connected.engine.survey("Marlstone form")
    connected.sync()
    form = Survey.objects.select_related("org").get(vendor_id=there.public_id)
    client = signed_in(connected.admin.user)

    page(client, form, "refresh/", back="/")
    run_next()
    content = SurveyContent.objects.get(survey=form)
    page(client, form, "deactivate/", sessions="keep")
    connected.send()
    form.refresh_from_db()
    off = form.status
    page(client, form, "activate/", sent="1")
    connected.send()
    form.refresh_from_db()
    page(client, form, "validity/", valid_until="2031-02-01T10:00")
    connected.send()

    assert content.facts["questions"]
    assert (off, form.status) == ("Inactive", "Active")
    assert set(Change.objects.values_list("state", flat=True)) == {Change.State.DONE}
    assert [call.request for call in connected.engine.writes()] == [
        "deactivateSurvey",
        "activateSurvey",
        "setSurveyOptions",
    ]


@live
def test_lists_and_own_scales_are_read_from_the_engine_and_can_be_tried(connected):
    asked = leadership()
    whole_drill_down(asked)
    whole_profile(asked, "QID16")
    there = survey_of(connected.engine, asked)
    connected.sync()
    form = Survey.objects.select_related("org").get(vendor_id=there.public_id)
    client = signed_in(connected.admin.user)
    page(client, form, "refresh/", back="/")
    run_next()

    shown = page(client, form, "?preview=1").content.decode()

    groups = re.findall(r'<optgroup label="([^"]+)" data-below="(\d)">', shown)
    assert groups == [("Austria", "1"), ("Germany", "2"), ("Bavaria", "5"), ("Saxony", "6"), ("Tyrol", "4")]
    assert [shown.count(f'name="try-QID16-{number}"') for number in (1, 2)] == [3, 5]
    assert "Country: 3 answers · Region: 3 answers · Town: 4 answers" in text(page(client, form))
