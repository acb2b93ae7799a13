from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("engine", "0036_epochs_of_addresses"),
    ]

    operations = [
        migrations.AddField(
            model_name="personallink",
            name="address_changed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="actionplan",
            name="mark",
            field=models.CharField(blank=True, max_length=16),
        ),
    ]
