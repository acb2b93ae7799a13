from django.db import migrations, models


class Migration(migrations.Migration):
    """In which time zone a brand's reports give days."""

    dependencies = [("engine", "0006_count_faults")]

    operations = [
        migrations.AddField(
            model_name="brand", name="time_zone", field=models.CharField(blank=True, default="", max_length=60), preserve_default=False
        ),
    ]
