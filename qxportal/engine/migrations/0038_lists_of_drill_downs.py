from django.db import migrations, models

from qxportal.engine.surveys.listing_answers import list_answers


def bring_under_the_rule(apps, schema_editor):
    alias = schema_editor.connection.alias
    stems, questions, answers = (
        apps.get_model("engine", name)._base_manager.using(alias) for name in ("Stem", "Question", "Answer")
    )
    list_answers(stems.filter(type="DD").iterator(chunk_size=20), questions, answers)


class Migration(migrations.Migration):
    dependencies = [
        ("engine", "0037_marks_of_action_plans"),
    ]

    operations = [
        migrations.AddField(
            model_name="question",
            name="above",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.RunPython(bring_under_the_rule, migrations.RunPython.noop, elidable=True),
    ]
