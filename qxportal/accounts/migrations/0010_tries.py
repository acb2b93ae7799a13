import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0009_which_person'),
    ]

    operations = [
        migrations.CreateModel(
            name='CredentialTries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64)),
                ('refused', models.PositiveIntegerField(default=0)),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
                ('succeeded_at', models.DateTimeField(blank=True, null=True)),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='credential_tries', to='accounts.organisation')),
            ],
            options={
                'indexes': [models.Index(fields=['key'], name='tries_of_api_user')],
                'constraints': [models.UniqueConstraint(fields=('org', 'key'), name='tries_once_per_api_user')],
            },
        ),
    ]
