from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0011_looks")]
    operations = [
        migrations.AddField("job", "partly", models.PositiveIntegerField(default=0, db_default=0)),
        migrations.AddField("jobitem", "partly", models.BooleanField(default=False, db_default=False)),
    ]
