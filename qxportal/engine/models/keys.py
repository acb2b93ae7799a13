"""Columns that hold what is compared of an address or a user name."""

from typing import TYPE_CHECKING, Any

from django.db import models

from qxportal.engine.models.mailboxes import key

if TYPE_CHECKING:
    CharField = models.CharField[str, str]
else:
    CharField = models.CharField


class KeyField(CharField):
    """The key of another column, set whenever a row is saved; `update` and `bulk_update` have to be given it."""

    def __init__(self, *args: Any, of: str, **kwargs: Any) -> None:
        self.of = of
        super().__init__(*args, **{"max_length": 600, "editable": False, "default": "", **kwargs})

    def deconstruct(self) -> Any:
        """What migrations write."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """The key as of now."""
        found = key(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, found)
        return found
