"""Saves answers as they are given, by one SQL statement that locks the evaluation and keeps only newer answers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connections, transaction
from django.utils import timezone

from qxportal.core.postgresql.prepared import preparing
from qxportal.engine.assessments.answering import Given
from qxportal.engine.models import (
    Answer,
    Assessment,
    Evaluation,
    Extension,
    Participant,
    Person,
    PersonalLink,
    Schedule,
    Survey,
)
from qxportal.engine.people.devices import mark_in

OLDEST = timedelta(days=7)  # maximum time for which a device may have kept an answer
OVERLAP = "30 seconds"  # tolerance: devices learn the server's time late, by the time a page takes

# Everything that can end the right to answer is checked in the statement itself.
OPEN = f"""
  FROM {Evaluation._meta.db_table} AS evaluation
  JOIN {Assessment._meta.db_table} AS assessment ON assessment.id = evaluation.assessment_id
  JOIN {Survey._meta.db_table} AS survey ON survey.id = assessment.survey_id
  JOIN {Participant._meta.db_table} AS subject ON subject.id = evaluation.subject_id
  JOIN {Participant._meta.db_table} AS taker
    ON taker.assessment_id = assessment.id AND taker.person_id = evaluation.evaluator_id
  JOIN {Person._meta.db_table} AS person ON person.id = evaluation.evaluator_id
  JOIN {PersonalLink._meta.db_table} AS link ON link.person_id = person.id
  LEFT JOIN {Schedule._meta.db_table} AS schedule ON schedule.assessment_id = assessment.id
  WHERE evaluation.id = %(evaluation)s AND evaluation.evaluator_id = %(person)s
    AND assessment.status = '{Assessment.Status.ACTIVE}' AND survey.active
    AND (survey.starts_at IS NULL OR survey.starts_at <= %(now)s)
    AND (survey.expires_at IS NULL OR survey.expires_at >= %(now)s)
    AND survey.modified_at = %(modified)s
    AND (
      schedule.closes_at IS NULL OR schedule.closes_at > %(now)s OR schedule.closed_at IS NOT NULL OR EXISTS (
        SELECT FROM {Extension._meta.db_table} AS extension
        WHERE extension.schedule_id = schedule.id AND extension.person_id = person.id AND extension.until > %(now)s
      )
    )
    AND subject.removed_at IS NULL AND subject.status = '{Participant.Status.WAITING}'
    AND taker.removed_at IS NULL AND person.removed_at IS NULL AND link.generation = %(generation)s
"""

# Concurrent changes that close the evaluation wait for the lock on its row, and the other way round. Answers of other
# devices are found by the evaluation's number: joined to `form`, PostgreSQL searched all answers as long as it had no
# statistics of a new database.
SAVE = f"""
WITH form AS (
  SELECT evaluation.id {OPEN} AND evaluation.status = '{Evaluation.Status.IN_PROGRESS}'
  FOR SHARE OF evaluation
), given AS (
  SELECT * FROM json_to_recordset(%(given)s) AS given (question bigint, value int, text text, at timestamptz)
), saved AS (
  INSERT INTO {Answer._meta.db_table} AS known (evaluation_id, question_id, value, text, given_at, device)
  SELECT form.id, given.question, given.value, given.text, given.at, %(device)s FROM form, given
  ON CONFLICT (evaluation_id, question_id) DO UPDATE
    SET value = EXCLUDED.value, text = EXCLUDED.text, given_at = EXCLUDED.given_at, device = EXCLUDED.device
    WHERE known.given_at IS NULL OR known.given_at <= EXCLUDED.given_at
  RETURNING question_id
), elsewhere AS (
  SELECT other.question_id, other.value, other.text, other.given_at
  FROM {Answer._meta.db_table} AS other
  WHERE other.evaluation_id = %(evaluation)s AND EXISTS (SELECT FROM form)
    AND other.device <> %(device)s AND other.given_at > %(since)s - interval '{OVERLAP}'
    AND starts_with(other.device, %(mark)s)
)
SELECT (SELECT count(*) FROM form),
       (SELECT coalesce(array_agg(question_id), '{{}}') FROM saved),
       (SELECT coalesce(json_agg(elsewhere), '[]') FROM elsewhere)
"""  # noqa: S608  # names of our own tables and states

HOLD = f"""
SELECT FROM {Assessment._meta.db_table}
WHERE id = (SELECT assessment_id FROM {Evaluation._meta.db_table} WHERE id = %(evaluation)s) FOR SHARE
"""  # noqa: S608  # what closes the assessment waits, others who begin do not
BEGIN = f"""
UPDATE {Evaluation._meta.db_table}
SET status = '{Evaluation.Status.IN_PROGRESS}', started_at = coalesce(started_at, now())
WHERE status = '{Evaluation.Status.NOT_STARTED}' AND id IN (SELECT evaluation.id {OPEN})
"""  # noqa: S608


@dataclass(frozen=True)
class Saved:
    """Result of saving: answers kept, and newer ones of other devices."""

    at: datetime
    kept: frozenset[int]  # primary keys of the questions
    elsewhere: Sequence[Mapping[str, object]]  # of other devices: question_id, value, text, given_at


@dataclass(frozen=True)
class Form:
    """The facts about an evaluation that saving needs."""

    evaluation_id: int
    person_id: int
    generation: int
    survey_modified_at: datetime


@dataclass(frozen=True)
class Fresh:
    """An answer given just now, or kept by a device for a while."""

    question: int
    given: Given
    age: timedelta = timedelta()  # when its device sent it
    at: datetime | None = None  # when it was given, by the server's time known to the device


def keep(form: Form, answers: Sequence[Fresh], *, device: str, since: datetime) -> Saved | None:
    """Save the answers, committed when this returns; None if the evaluation cannot be answered.

    Of two answers the later one counts, in any order of arrival and from any device. A request may be carried out long
    after its device gave it up and sent a newer answer. By its age alone it would seem the newest, so it carries the
    server's time, which every response tells. A device with a mark gets only answers from devices with the same mark
    (people/devices.py). The first answer begins the evaluation.
    """
    now = timezone.now()
    values: dict[str, Any] = {
        "evaluation": form.evaluation_id,
        "person": form.person_id,
        "generation": form.generation,
        "modified": form.survey_modified_at,
        "now": now,
        "device": device,
        "mark": mark_in(device),
        "since": since,
        "given": json.dumps([_row(one, now) for one in answers]),
    }
    if saved := _save(values, now):
        return saved
    if not any(one.given.value is not None or one.given.text for one in answers):
        waits = Evaluation.objects.filter(pk=form.evaluation_id, status=Evaluation.Status.NOT_STARTED).exists()
        return Saved(now, frozenset(), ()) if waits else None
    with transaction.atomic(using="engine"):
        with preparing(connections["engine"]) as cursor:
            cursor.execute(HOLD, values)
            cursor.execute(BEGIN, values)
        return _save(values, now)


def _save(values: Mapping[str, Any], now: datetime) -> Saved | None:
    with preparing(connections["engine"]) as cursor:  # planning SAVE takes ten times its execution
        found = cursor.execute(SAVE, values).fetchone()
    open_forms, kept, elsewhere = found or (0, (), ())
    return Saved(now, frozenset(kept), elsewhere) if open_forms else None


def _row(one: Fresh, now: datetime) -> dict[str, object]:
    at = _given_at(one, now).isoformat()
    return {"question": one.question, "value": one.given.value, "text": one.given.text, "at": at}


def _given_at(one: Fresh, now: datetime) -> datetime:
    by_age = now - min(max(one.age, timedelta()), OLDEST)
    return max(now - OLDEST, min(by_age, one.at)) if one.at else by_age
