from django.db import migrations

from qxportal.engine.surveys.scales_of_profiles import keep_scales


def keep_stored_scales(apps, schema_editor):
    alias = schema_editor.connection.alias
    stems, questions = (apps.get_model("engine", name)._base_manager.using(alias) for name in ("Stem", "Question"))
    keep_scales(stems.filter(type="Matrix", payload__Selector="Profile").iterator(chunk_size=50), questions)


class Migration(migrations.Migration):
    dependencies = [
        ("engine", "0039_delivery_reports"),
    ]

    operations = [
        migrations.RunPython(keep_stored_scales, migrations.RunPython.noop, elidable=True),
    ]
