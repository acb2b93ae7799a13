"""Previews are sealed from now on; those that lie open are deleted, as each can be made again at once."""

from django.db import migrations


def delete_open_ones(apps, schema_editor):
    apps.get_model("assessments", "ReportPreview").objects.all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0028_unit_reports'),
    ]

    operations = [
        migrations.RunPython(delete_open_ones, migrations.RunPython.noop),
    ]
