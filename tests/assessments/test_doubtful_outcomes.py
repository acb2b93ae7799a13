"""Several of what was to be one, and imports that were taken in part: told to a person, nothing guessed."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from assessments import commands, evaluator_commands
from assessments.any_request import record_call
from assessments.models import Evaluation
from directory.models import Person
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.intents import mark
from qxportal.ledger.outbox.review import dismiss_attention
from qxportal.ledger.selectors import changes_that_need_somebody
from qxportal.threesixty.calls.library import CreateLibraryMessage
from qxportal.threesixty.enums import MessageCategory
from qxportal.ui.stored_messages import technical_details
from tests.support.built_once import built_once
from tests.support.tenants import signed_in

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "engine"]),
    pytest.mark.usefixtures("verified_at_once"),
]


@pytest.fixture
@built_once
def scene(connected):
    engine = connected.engine
    review = engine.assessment("Leadership review", relationships=("Customer",))
    engine.subject(review, engine.people(4)[0])
    connected.sync()
    return review


def send(connected, change):
    for _ in range(6):
        connected.send()
        if not connected.settled(change).moving:
            break
    return change


def create(connected):
    return commands.create_assessment(
        connected.org,
        by=connected.admin,
        intent=uuid.uuid4(),
        name="Spring round",
        type="360",
        survey_id="",
        relationships=[],
        workflow_options={},
    )


def two_evaluators(connected):
    """One as a Customer, one as a Peer."""
    subject = connected.subject()
    first, second = Person.objects.exclude(pk=subject.person_id).filter(org=connected.org)[:2]
    return evaluator_commands.add_evaluators(subject, [(first, "Customer"), (second, "Peer")], by=connected.admin)


def test_of_several_that_may_be_ours_the_oldest_is_taken_and_a_person_is_told(connected, scene, settings):
    settings.VERIFY_FIRST = timedelta(hours=1)
    connected.engine.fault("500-before", request="createAssessment")
    change = create(connected)
    connected.send()
    first, second = (connected.engine.assessment("Spring round", status="Draft") for _ in range(2))
    Change.objects.filter(pk=change.pk).update(not_before=timezone.now())

    send(connected, change)

    assert (change.state, change.vendor_id) == (Change.State.DONE, first.public_id)
    assert change.result["others"] == [second.public_id]
    assert second.public_id in technical_details(change.attention_message)
    assert list(changes_that_need_somebody(connected.admin)) == [change]
    browser = signed_in(connected.admin.user)
    url = f"/o/{connected.org.slug}/changes/{change.pk}/"
    assert "Needs attention" in browser.get(url).content.decode()

    browser.post(f"{url}looked-after/")

    assert not changes_that_need_somebody(connected.admin)
    assert not dismiss_attention(change, by=connected.admin)


def test_a_message_is_found_again_by_the_code_in_its_name(connected, scene):
    connected.engine.fault("500-after", request="createLibraryMessage")
    library, intent = connected.engine.api_user.user_id, uuid.uuid4()
    call = CreateLibraryMessage(
        library_id=library, name="Invitation", category=MessageCategory.INVITE_EMAILS, message={"EN": "Please answer."}
    )
    change = record_call(connected.org, call, by=connected.admin, intent=intent)

    send(connected, change)

    assert change.state == Change.State.DONE
    assert change.vendor_id.startswith("MS_")
    assert change.parameters["name"] == f"Invitation {mark(intent)}"
    assert change.attention_message == ""


def test_only_the_rows_that_were_not_taken_are_offered_again(connected, scene):
    change = two_evaluators(connected)
    connected.engine.run(scene.relationships.all().delete)
    send(connected, change)
    assert change.state == Change.State.DONE
    assert (change.result["count"], change.result["ignored_count"]) == (1, 1)
    assert [row["row"] for row in change.result["ignored"]] == [2]
    assert "1 row was not imported" in str(change.attention_message)

    connected.engine.run(scene.relationships.create, name="Customer", position=0)
    browser = signed_in(connected.admin.user)
    page = browser.get(f"/o/{connected.org.slug}/changes/{change.pk}/").content.decode()
    assert "Send that row again" in page
    browser.post(f"/o/{connected.org.slug}/changes/{change.pk}/rest/")
    rest = Change.objects.latest("number")
    send(connected, rest)
    connected.sync()

    assert [row["Relationship"] for row in rest.parameters["rows"]] == ["Customer"]
    assert rest.state == Change.State.DONE
    assert connected.settled(change).attention_message == ""
    assert set(Evaluation.objects.exclude(relationship="Self").values_list("relationship", flat=True)) == {
        "Customer",
        "Peer",
    }
    with pytest.raises(ActionRefused, match="nothing left"):
        evaluator_commands.send_rest(change, by=connected.admin)


def test_half_an_import_that_is_read_back_says_which_half_is_missing(connected, scene):
    connected.engine.fault("500-after", request="importPersons")
    change = two_evaluators(connected)
    connected.engine.run(scene.relationships.all().delete)

    send(connected, change)

    assert change.state == Change.State.DONE
    assert [row["row"] for row in change.result["ignored"]] == [2]
    assert change.result["read_back"] is True
    assert len(connected.engine.calls("importPersons")) == 1


def test_an_import_of_which_nothing_is_there_is_sent_again_whole(connected, scene):
    connected.engine.fault("500-before", request="importPersons")
    change = two_evaluators(connected)

    send(connected, change)

    assert change.state == Change.State.DONE
    assert change.result["count"] == 2
    assert len(connected.engine.calls("importPersons")) == 2
