"""Each table of the engine belongs to a brand, by foreign keys that are never empty."""

from django.apps import apps
from django.db.models import ForeignKey, Model

from qxportal.engine.models import Brand

EDITIONS = {"AnswerClass", "Edition", "Series", "Voice"}  # outlive what they are about, which they name by keyed hashes
INSTALLATION = {"EditionFence", "EngineInstance", "LoggedCall", "PastState", "ReportReading", "SignInFailures"}


def _reach_a_brand(models: list[type[Model]]) -> set[type[Model]]:
    reached: set[type[Model]] = {Brand}
    while fresh := {one for one in models if one not in reached and _owners(one) & reached}:
        reached |= fresh
    return reached


def _owners(model: type[Model]) -> set[type[Model]]:
    found = [one for one in model._meta.get_fields() if isinstance(one, ForeignKey) and not one.null]
    return {one.related_model for one in found if isinstance(one.related_model, type)}


def test_every_table_reaches_its_brand():
    models = list(apps.get_app_config("engine").get_models(include_auto_created=True))

    without = {one.__name__ for one in models} - {one.__name__ for one in _reach_a_brand(models)}
    assert sorted(without) == sorted(INSTALLATION | EDITIONS)
