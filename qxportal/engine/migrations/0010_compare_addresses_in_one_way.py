import qxportal.engine.models.keys
from django.db import migrations, models
from qxportal.engine.mailboxes import key

BATCH = 2_000


def fill(apps, schema_editor):
    """Give every row its keys; of names that only now count as one, the first keeps the key."""
    for name in ("Person", "User"):
        model = apps.get_model("engine", name)
        rows = model.objects.using(schema_editor.connection.alias)
        taken: set = set()
        batch: list = []
        fields = ["email_key", "user_name_key"]
        for row in rows.order_by("pk").iterator(BATCH):
            row.email_key, row.user_name_key = key(row.email), key(row.user_name)
            if name == "User" or row.removed_at is None:
                place = (getattr(row, "org_structure_id", None), row.user_name_key)
                if place in taken:
                    row.user_name_key = f"{row.user_name_key[:500]} {row.public_id}"  # no user name has a blank
                taken.add(place)
            batch.append(row)
            if len(batch) == BATCH:
                rows.bulk_update(batch, fields)
                batch = []
        rows.bulk_update(batch, fields)


class Migration(migrations.Migration):

    dependencies = [
        ('engine', '0009_choices_beside_a_scale'),
    ]

    operations = [
        migrations.AddField(
            model_name='person',
            name='email_key',
            field=qxportal.engine.models.keys.KeyField(default='', editable=False, max_length=600, of='email'),
        ),
        migrations.AddField(
            model_name='person',
            name='user_name_key',
            field=qxportal.engine.models.keys.KeyField(default='', editable=False, max_length=600, of='user_name'),
        ),
        migrations.AddField(
            model_name='user',
            name='email_key',
            field=qxportal.engine.models.keys.KeyField(default='', editable=False, max_length=600, of='email'),
        ),
        migrations.AddField(
            model_name='user',
            name='user_name_key',
            field=qxportal.engine.models.keys.KeyField(default='', editable=False, max_length=600, of='user_name'),
        ),
        migrations.RemoveConstraint(
            model_name='person',
            name='one_person_per_user_name',
        ),
        migrations.RemoveConstraint(
            model_name='user',
            name='one_user_per_user_name',
        ),
        migrations.RemoveIndex(
            model_name='person',
            name='person_email',
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='person',
            index=models.Index(fields=['org_structure', 'email_key'], name='person_email'),
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('org_structure', 'user_name_key'), name='one_person_per_user_name'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(fields=('user_name_key',), name='one_user_per_user_name'),
        ),
    ]
