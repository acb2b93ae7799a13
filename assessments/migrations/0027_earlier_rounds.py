from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('assessments', '0026_report_figures'),
    ]

    operations = [
        migrations.AddField(
            model_name='thresholds',
            name='comparison',
            field=models.JSONField(default=dict),
        ),
    ]
