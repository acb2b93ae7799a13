from django.db import migrations


class Migration(migrations.Migration):
    """Columns of changes and items get the names of what they hold; PostgreSQL renames them without a rewrite."""

    dependencies = [("ledger", "0014_resource_syncs")]
    operations = [
        migrations.RenameField("change", "before", "expected_values"),
        migrations.RenameField("change", "after", "depends_on"),
        migrations.RenameField("change", "needs", "reads"),
        migrations.RenameField("change", "epoch", "claim_version"),
        migrations.RenameField("change", "looks", "verify_count"),
        migrations.RenameField("change", "looks_found", "last_verify_found"),
        migrations.RenameField("change", "deaths", "crash_count"),
        migrations.RenameField("change", "words", "status_message"),
        migrations.RenameField("change", "attention", "attention_message"),
        migrations.RenameField("jobitem", "words", "message"),
    ]
