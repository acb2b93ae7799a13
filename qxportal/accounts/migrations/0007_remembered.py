from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_turns")]

    operations = [
        migrations.CreateModel(
            name="RememberedValue",
            fields=[
                ("key", models.CharField(max_length=300, primary_key=True, serialize=False)),
                ("value", models.JSONField()),
                ("set_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(db_index=True)),
            ],
            options={"db_table": "accounts_remembered"},
        ),
    ]
