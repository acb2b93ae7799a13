"""Surveys: the list, and what one asks."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qxportal.accounts.roles import Role
from qxportal.ledger.models import ResourceSync
from qxportal.threesixty.records.survey_definition import ChoiceRecord, SurveyDefinition
from surveys.content import facts_of, mirror_content, plain
from surveys.models import Survey, SurveyContent
from tests.support.mirrored_rows import assessment, browser, people, subjects, text
from tests.surveys.survey_pages import POINTS, form, matrix, org, page, told

__all__ = ["form", "org"]

pytestmark = pytest.mark.django_db


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
