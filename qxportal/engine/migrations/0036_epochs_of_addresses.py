from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("engine", "0035_ended_links"),
    ]

    operations = [
        migrations.AddField(
            model_name="personallink",
            name="address_epoch",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
