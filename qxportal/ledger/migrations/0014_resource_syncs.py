import django.db.models.deletion
from django.db import migrations, models


def constraint(model, fields, name):
    """A constraint that names a renamed field; in the database it is the same one."""
    return [
        migrations.RemoveConstraint(model, name),
        migrations.AddConstraint(model, models.UniqueConstraint(fields=fields, name=name)),
    ]


class Migration(migrations.Migration):
    """Models get the names of what they hold; tables, indexes and constraints keep theirs."""

    dependencies = [("ledger", "0013_jobs_by_kind")]
    operations = [
        migrations.AlterModelTable("pull", "ledger_pull"),
        migrations.AlterModelTable("absence", "ledger_absence"),
        migrations.AlterModelTable("slot", "ledger_slot"),
        migrations.RenameModel("Pull", "ResourceSync"),
        migrations.RenameModel("Absence", "SuspectedDeletion"),
        migrations.RenameModel("Slot", "DailyRun"),
        migrations.RenameField("SuspectedDeletion", "pull", "sync"),
        migrations.RenameField("DailyRun", "slot", "day"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                *constraint("suspecteddeletion", ("sync", "vendor_id"), "one_absence_per_row"),
                *constraint("dailyrun", ("schedule", "day"), "one_round_per_slot"),
                migrations.AlterField(
                    "ResourceSync",
                    "org",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="resource_syncs",
                        to="accounts.organisation",
                    ),
                ),
                migrations.AlterField(
                    "SuspectedDeletion",
                    "sync",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="suspected_deletions",
                        to="ledger.resourcesync",
                    ),
                ),
            ]
        ),
    ]
