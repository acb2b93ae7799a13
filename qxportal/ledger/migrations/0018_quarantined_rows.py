from django.db import migrations


class Migration(migrations.Migration):
    """One word for rows that could not be stored; PostgreSQL renames the column without a rewrite."""

    dependencies = [("ledger", "0017_messages")]
    operations = [migrations.RenameField("resourcesync", "set_aside", "quarantined")]
