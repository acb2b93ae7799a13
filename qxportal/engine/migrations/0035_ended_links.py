from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("engine", "0034_raw_answers"),
    ]

    operations = [
        migrations.AddField(
            model_name="personallink",
            name="ended_key",
            field=models.CharField(blank=True, max_length=64),
        ),
    ]
