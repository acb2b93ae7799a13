"""Statistics about users, with a constant number of queries."""

from django.db.models import Count, Max, Q, QuerySet

from qxportal.engine.http.api_responses import stamp
from qxportal.engine.models import Evaluation, Survey, User


def of(users: QuerySet[User], readable: QuerySet[Evaluation]) -> list[dict[str, object]]:
    """One record per user: numbers of surveys, and the time of the last readable completed evaluation with one."""
    rows = list(users.values_list("pk", "public_id", "user_name"))
    owners = [pk for pk, _public_id, _user_name in rows]
    surveys = {
        owner: (total, active)
        for owner, total, active in Survey.objects.filter(owner__in=owners)
        .values_list("owner")
        .annotate(total=Count("pk"), active_ones=Count("pk", filter=Q(active=True)))
    }
    answered = dict(
        readable.filter(assessment__survey__owner__in=owners, status=Evaluation.Status.COMPLETED)
        .values_list("assessment__survey__owner")
        .annotate(Max("finished_at"))
    )
    return [
        {
            "UserID": public_id,
            "UserName": user_name,
            "TotalSurveys": surveys.get(pk, (0, 0))[0],
            "ActiveSurveys": surveys.get(pk, (0, 0))[1],
            "LastResponseDate": stamp(answered.get(pk)),
        }
        for pk, public_id, user_name in rows
    ]
