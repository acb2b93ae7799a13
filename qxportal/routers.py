"""Which database holds which app: the engine has its own."""

from typing import Any

from django.db.models import Model


class EngineRouter:
    """Sends the engine's tables to the `engine` alias, everything else to `default`."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        """The alias to read from."""
        return alias(model._meta.app_label)

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        """The alias to write to."""
        return alias(model._meta.app_label)

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        """No relation crosses the two databases."""
        return alias(one._meta.app_label) == alias(other._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Each table in one database only."""
        return db == alias(app_label)


def alias(app_label: str) -> str:
    """The database of one app."""
    return "engine" if app_label == "engine" else "default"
