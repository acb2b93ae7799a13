from django.db import migrations, models


class Migration(migrations.Migration):
    """Jobs are found by their kind, changes by their request; the default lets the columns come back empty."""

    dependencies = [("ledger", "0012_partly")]
    operations = [
        migrations.AlterField("job", "task", models.CharField(max_length=100, default="")),
        migrations.AlterField("change", "task", models.CharField(max_length=100, default="")),
        migrations.RemoveField("job", "task"),
        migrations.RemoveField("change", "task"),
    ]
