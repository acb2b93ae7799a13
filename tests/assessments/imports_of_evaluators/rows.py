"""Rows that ask evaluators, and plans of them."""

from qxportal.ledger.plans.make import make_plan
from qxportal.ledger.plans.sources import SourceRow

FILE = {"from": "file", "name": "evaluators.csv"}


def plan_of(review, by, *rows, kind="evaluators", **options):
    numbered = [row if isinstance(row, SourceRow) else SourceRow(number, row) for number, row in enumerate(rows, 2)]
    return make_plan(
        review.org, kind, numbered, by=by, title="Import", source=FILE, options=options, assessment_id=review.vendor_id
    )


def told(plan):
    return [(line.row, line.action, str(line.reason)) for line in plan.lines.order_by("number")]


def asked(subject, evaluator, relationship="Peer", **more):
    return {"subject_email": subject.email, "email": evaluator.email, "relationship": relationship, **more}
