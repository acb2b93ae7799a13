"""Where the demo's forms were filled in, and how their responses are grouped."""

from collections.abc import Iterable, Mapping
from random import Random

from django.db.models import Count, Q

from qxportal.engine.models import Assessment, Evaluation, Participant, Person, ResponseSet, Subgroup, Survey
from qxportal.threesixty.relationships import MANAGER

PLACES: Mapping[str, tuple[float, float]] = {
    "Rotterdam": (51.92, 4.48),
    "Hamburg": (53.55, 9.99),
    "Lyon": (45.76, 4.84),
    "Manchester": (53.48, -2.24),
    "Kraków": (50.06, 19.94),
    "Barcelona": (41.39, 2.17),
    "Boston": (42.36, -71.06),
    "Osaka": (34.69, 135.50),
    "Pune": (18.52, 73.86),
    "Campinas": (-22.91, -47.06),
    "Bielefeld": (52.02, 8.53),
    "Graz": (47.07, 15.44),
}
ADDRESS, PLACE = 0.8, 0.35  # of forms that tell where they come from: the network, and the place too
NETWORKS = ("192.0.2.{}", "198.51.100.{}", "203.0.113.{}", "2001:db8::{:x}")  # set aside for examples


def leave(evaluation: Evaluation) -> None:
    """Record where an evaluation was filled in, as some browsers tell; the same for the same two people."""
    rng = Random(f"{evaluation.assessment.name}|{evaluation.subject.person.email}|{evaluation.evaluator.email}")
    city = str(evaluation.evaluator.metadata.get("Location", ""))
    if rng.random() >= ADDRESS:
        return
    network = NETWORKS[list(PLACES).index(city) % len(NETWORKS)] if city in PLACES else NETWORKS[0]
    evaluation.ip_address = network.format(rng.randint(1, 250))
    if city in PLACES and rng.random() < PLACE:
        latitude, longitude = PLACES[city]
        evaluation.latitude = round(latitude + rng.uniform(-0.04, 0.04), 4)
        evaluation.longitude = round(longitude + rng.uniform(-0.06, 0.06), 4)
        evaluation.accuracy = float(rng.choice((20, 65, 165, 1000)))


def group(survey: Survey, evaluations: Iterable[Evaluation], name: str) -> None:
    """Put the responses of an earlier round into a set of their own, and give the managers' view a name."""
    earlier = ResponseSet.objects.create(survey=survey, name=name)
    Evaluation.objects.filter(pk__in=[one.pk for one in evaluations]).update(response_set=earlier)
    Subgroup.objects.create(survey=survey, name="Managers' view", relationships=[MANAGER])


def forget_manager(assessment: Assessment) -> None:
    """Clear one subject's manager in the directory, so that an editor has to confirm the Manager."""
    led = Participant.objects.filter(assessment=assessment, is_subject=True, evaluations__relationship=MANAGER)
    person = (
        Person.objects.filter(participations__in=led)
        .annotate(roles=Count("participations", filter=Q(participations__is_subject=True)))
        .order_by("roles", "position")
        .first()
    )
    if person is not None:
        person.manager = None
        person.metadata = {**person.metadata, "ManagerEmail": ""}
        person.save(update_fields=["manager", "metadata"])
