from django.db import migrations


class Migration(migrations.Migration):
    """The model has the name of what it holds; its table keeps the one it has."""

    dependencies = [("engine", "0014_answering_site")]
    operations = [
        migrations.AlterModelTable("call", "engine_call"),
        migrations.RenameModel("Call", "LoggedCall"),
    ]
