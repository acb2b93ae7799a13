from django.db import migrations, models


class Migration(migrations.Migration):
    """`Sealed.org` becomes the plain column that it always was; the table keeps its foreign key and is not touched."""

    dependencies = [("accounts", "0010_tries")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("sealed", "sealed_once"),
                migrations.RemoveField("sealed", "org"),
                migrations.AddField("sealed", "org_id", models.BigIntegerField(), preserve_default=False),
                migrations.AddConstraint(
                    "sealed",
                    models.UniqueConstraint(fields=("org_id", "purpose", "record"), name="sealed_once"),
                ),
            ]
        )
    ]
