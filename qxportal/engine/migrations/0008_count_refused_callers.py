import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('engine', '0007_days_of_a_brand'),
    ]

    operations = [
        # The column stays for the release before, which still fills it.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'ALTER TABLE engine_user ALTER COLUMN failed_attempts SET DEFAULT 0',
                    'ALTER TABLE engine_user ALTER COLUMN failed_attempts DROP DEFAULT',
                ),
            ],
            state_operations=[
                migrations.RemoveField(model_name='user', name='failed_attempts'),
            ],
        ),
        migrations.CreateModel(
            name='SignInFailures',
            fields=[
                ('key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('count', models.PositiveIntegerField()),
                ('ends_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['ends_at'], name='failures_that_ended')],
            },
        ),
        migrations.CreateModel(
            name='UsualAddress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.CharField(max_length=64)),
                ('seen_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='usual_addresses', to='engine.user')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'address'), name='one_usual_address_per_user')],
            },
        ),
    ]
