from django.db import migrations, models

# What an index takes beside each other, in bytes of UTF-8; four of them at most make a character.
FIT = """
    UPDATE directory_person SET search = left(search, 400) WHERE octet_length(search) > 1600;
    UPDATE directory_person SET sort_name = left(sort_name, 200) WHERE octet_length(sort_name) > 800;
    SET CONSTRAINTS ALL IMMEDIATE; -- an index cannot be made while a changed row waits for its foreign keys to be checked
"""


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0004_indexes_of_filters'),
    ]

    operations = [
        migrations.RunSQL(FIT, migrations.RunSQL.noop),
        migrations.RemoveIndex(
            model_name='person',
            name='persons_by_name',
        ),
        migrations.AddIndex(
            model_name='person',
            index=models.Index(fields=['org', 'sort_name', 'id'], include=('search', 'gone_at'), name='persons_by_name'),
        ),
    ]
