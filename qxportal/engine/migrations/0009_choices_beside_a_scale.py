from django.db import migrations, models

from qxportal.engine.surveys.rescaling import rescale


def bring_under_the_rule(apps, schema_editor):
    alias = schema_editor.connection.alias
    stems, questions, answers = (
        apps.get_model("engine", name)._base_manager.using(alias) for name in ("Stem", "Question", "Answer")
    )
    rescale(stems.filter(type__in=("Matrix", "SBS", "MC")).iterator(chunk_size=50), questions, answers)


class Migration(migrations.Migration):

    dependencies = [
        ('engine', '0008_count_refused_callers'),
    ]

    operations = [
        migrations.AddField(
            model_name='question',
            name='others',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.RunPython(bring_under_the_rule, migrations.RunPython.noop, elidable=True),
    ]
