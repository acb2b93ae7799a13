"""Columns with comparison keys of addresses and user names."""

from typing import TYPE_CHECKING, Any

from django.db import models

from qxportal.engine.models.mailboxes import key

if TYPE_CHECKING:
    CharField = models.CharField[str, str]
else:
    CharField = models.CharField


class KeyField(CharField):
    """The comparison key of another column, set by `save()`; pass it explicitly to `update` and `bulk_update`."""

    def __init__(self, *args: Any, of: str, **kwargs: Any) -> None:
        self.of = of
        super().__init__(*args, **{"max_length": 600, "editable": False, "default": "", **kwargs})

    def deconstruct(self) -> Any:
        """The field's definition for migrations."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """The key of the other column's present value."""
        found = key(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, found)
        return found
