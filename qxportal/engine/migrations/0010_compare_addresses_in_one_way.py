import qxportal.engine.models.keys
from django.db import migrations, models
from django.db.models.functions import Lower
from qxportal.engine.models.mailboxes import key

BATCH = 2_000
PLAIN = "^[ -~]*$"  # as nearly all are; their keys are made by the database


def fill(apps, schema_editor):
    """Give every row its keys; of names that only now count as one, the first keeps the key."""
    for name in ("Person", "User"):
        model = apps.get_model("engine", name)
        rows = model.objects.using(schema_editor.connection.alias)
        plain = rows.filter(email__regex=PLAIN, user_name__regex=PLAIN)
        plain = plain.exclude(email__icontains="xn--").exclude(user_name__icontains="xn--")
        others = list(rows.exclude(pk__in=plain.values("pk")).order_by("pk").values_list("pk", flat=True))
        plain.update(email_key=Lower("email"), user_name_key=Lower("user_name"))
        for start in range(0, len(others), BATCH):
            for row in rows.filter(pk__in=others[start : start + BATCH]).order_by("pk"):
                row.email_key, row.user_name_key = key(row.email), key(row.user_name)
                if _is_taken(rows, row):
                    row.user_name_key = f"{row.user_name_key[:500]} {row.public_id}"
                rows.filter(pk=row.pk).update(email_key=row.email_key, user_name_key=row.user_name_key)


def _is_taken(rows, row):
    same = rows.filter(user_name_key=row.user_name_key).exclude(pk=row.pk)
    if hasattr(row, "removed_at"):
        return row.removed_at is None and same.filter(org_structure=row.org_structure_id, removed_at=None).exists()
    return same.exists()


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
