from django.db import migrations, models

WORDS = {"R": "read", "S": "state", "N": "natural-key", "C": "create", "D": "destructive"}


def mapped(words):
    """One statement that writes each of these words as another."""
    cases = " ".join(f"WHEN '{old}' THEN '{new}'" for old, new in words.items())
    return f"UPDATE ledger_change SET retry_policy = CASE retry_policy {cases} ELSE retry_policy END"


class Migration(migrations.Migration):
    """The policy of each change is stored as a word, in a column of that name."""

    dependencies = [("ledger", "0018_quarantined_rows")]
    operations = [
        migrations.RenameField("change", "kind", "retry_policy"),
        migrations.AlterField(
            "change",
            "retry_policy",
            models.CharField(max_length=12, choices=[(word, word) for word in WORDS.values()], default="create"),
        ),
        migrations.RunSQL(mapped(WORDS), mapped({new: old for old, new in WORDS.items()})),
    ]
