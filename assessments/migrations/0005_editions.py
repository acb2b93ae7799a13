import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_turns"), ("assessments", "0004_reports_about_persons")]
    operations = [
        migrations.AddField("report", "edition", models.PositiveIntegerField(null=True)),
        migrations.AddField("report", "edition_made_at", models.DateTimeField(null=True)),
        migrations.CreateModel(
            name="Editions",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seen_at", models.DateTimeField()),
                ("facts", models.JSONField()),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="assessments.assessment"
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+",
                        to="accounts.organisation",
                    ),
                ),
                (
                    "subject",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="editions", to="assessments.subject"
                    ),
                ),
            ],
            options={"verbose_name_plural": "editions"},
        ),
    ]
