"""The order of a directory's persons, with fast pages at any depth.

Every person has a position that counts up from 0. A removed person leaves a hole that is not filled again. The
person with index k has position k plus the number of holes before; as long as there are few, they are simply counted.
"""

from django.db import connections
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber
from django.db.models.query import QuerySet
from django.utils import timezone

from qxportal.engine.models import ActionPlan, ActionPlanShare, Mail, OrgStructure, Person, Why
from qxportal.engine.people import stored_reports
from qxportal.mail.queue import cancel_all

MOST_HOLES = 20_000  # before the directory is renumbered


def lock(org_structure: OrgStructure) -> None:
    """Lock a directory against concurrent changes until the transaction ends."""
    OrgStructure.objects.select_for_update().get(pk=org_structure.pk)


def take_positions(org_structure: OrgStructure, count: int) -> range:
    """Reserve `count` positions at the end of the directory."""
    OrgStructure.objects.filter(pk=org_structure.pk).update(next_position=F("next_position") + count)
    end = OrgStructure.objects.values_list("next_position", flat=True).get(pk=org_structure.pk)
    return range(end - count, end)


def page(org_structure: OrgStructure, start: int, limit: int | None) -> QuerySet[Person]:
    """The persons from index `start` on, in order of creation."""
    persons = Person.objects.filter(org_structure=org_structure, removed_at=None).order_by("position")
    if start:
        persons = persons.filter(position__gte=_position(org_structure, start))
    return persons[:limit] if limit is not None else persons


def _position(org_structure: OrgStructure, index: int) -> int:
    """The position of the person with this index, or a position after the last one."""
    live_before = F("position") - Window(RowNumber(), order_by="position") + 1  # of each hole
    return index + _holes(org_structure).annotate(live_before=live_before).filter(live_before__lte=index).count()


def _holes(org_structure: OrgStructure) -> QuerySet[Person]:
    return Person.objects.filter(org_structure=org_structure, removed_at__isnull=False, position__gte=0)


def remove(org_structure: OrgStructure, persons: Q) -> int:
    """Remove persons from the directory; evaluations by and about them stay, and their users are unlinked.

    Their own action plans are deleted.

    `left_by` keeps the user, who still may not read evaluations of this person.
    """
    cancel_all(
        Mail.objects.filter(person__in=Person.objects.filter(persons, org_structure=org_structure)), why=Why.LEFT
    )
    leaving = Person.objects.filter(persons, org_structure=org_structure, removed_at=None)
    ActionPlan.objects.filter(subject__person__in=leaving).delete()
    ActionPlanShare.objects.filter(person__in=leaving).delete()
    stored_reports.forget_readers(persons & Q(org_structure=org_structure, removed_at=None))
    removed = leaving.update(removed_at=timezone.now(), left_by=F("user"), user=None)
    if _holes(org_structure).count() > MOST_HOLES:
        _number_anew(org_structure)
    return removed


def _number_anew(org_structure: OrgStructure) -> None:
    """Renumber: removed persons get position -1, all others count from 0."""
    table = connections["engine"].ops.quote_name(Person._meta.db_table)
    with connections["engine"].cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET position = -1 WHERE org_structure_id = %s AND removed_at IS NOT NULL",  # noqa: S608
            [org_structure.pk],
        )
        cursor.execute(
            f"""UPDATE {table} AS person SET position = numbered.place
                FROM (SELECT id, row_number() OVER (ORDER BY position) - 1 AS place FROM {table}
                      WHERE org_structure_id = %s AND removed_at IS NULL) AS numbered
                WHERE person.id = numbered.id AND person.position <> numbered.place""",  # noqa: S608
            [org_structure.pk],
        )
        cursor.execute(
            f"""UPDATE {OrgStructure._meta.db_table} SET next_position =
                (SELECT count(*) FROM {table} WHERE org_structure_id = %s AND removed_at IS NULL) WHERE id = %s""",  # noqa: S608
            [org_structure.pk, org_structure.pk],
        )
