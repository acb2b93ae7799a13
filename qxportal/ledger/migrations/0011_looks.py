from typing import Any

from django.db import migrations, models
from django.utils import timezone


def say_since_when(apps: Any, schema_editor: Any) -> None:
    change = apps.get_model("ledger", "Change")
    change.objects.filter(state="unknown", unknown_since=None).update(unknown_since=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("ledger", "0010_slots")]
    operations = [
        migrations.AddField("change", "looks_found", models.BooleanField(default=False)),
        migrations.RunPython(say_since_when, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="change",
            constraint=models.CheckConstraint(
                condition=~models.Q(state="unknown") | models.Q(unknown_since__isnull=False),
                name="unknown_since_when",
            ),
        ),
    ]
