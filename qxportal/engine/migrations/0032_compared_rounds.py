import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('engine', '0031_group_figures'),
    ]

    operations = [
        migrations.AddField(
            model_name='assessment',
            name='compared_with',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='engine.assessment'),
        ),
        migrations.AddField(
            model_name='assessment',
            name='not_compared',
            field=models.JSONField(blank=True, default=list),
        ),
    ]
