import qxportal.ui.stored_messages
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0016_job_kinds_registered'),
    ]

    operations = [
        migrations.AlterField(
            model_name='change',
            name='attention_message',
            field=qxportal.ui.stored_messages.MessageField(blank=True),
        ),
        migrations.AlterField(
            model_name='change',
            name='status_message',
            field=qxportal.ui.stored_messages.MessageField(blank=True),
        ),
        migrations.AlterField(
            model_name='change',
            name='title',
            field=qxportal.ui.stored_messages.MessageField(),
        ),
        migrations.AlterField(
            model_name='job',
            name='outcome',
            field=qxportal.ui.stored_messages.MessageField(blank=True),
        ),
        migrations.AlterField(
            model_name='job',
            name='step',
            field=qxportal.ui.stored_messages.MessageField(blank=True),
        ),
        migrations.AlterField(
            model_name='job',
            name='title',
            field=qxportal.ui.stored_messages.MessageField(blank=True),
        ),
        migrations.AlterField(
            model_name='jobitem',
            name='label',
            field=qxportal.ui.stored_messages.MessageField(),
        ),
        migrations.AlterField(
            model_name='jobitem',
            name='message',
            field=qxportal.ui.stored_messages.MessageField(blank=True),
        ),
        migrations.AlterField(
            model_name='resourcesync',
            name='problem',
            field=qxportal.ui.stored_messages.MessageField(blank=True),
        ),
        migrations.AlterField(
            model_name='resourcesync',
            name='quarantine',
            field=models.JSONField(blank=True, decoder=qxportal.ui.stored_messages.MessageDecoder, default=list, encoder=qxportal.ui.stored_messages.MessageEncoder),
        ),
        migrations.AlterField(
            model_name='change',
            name='state',
            field=models.CharField(choices=[('pending', 'Waiting to be sent'), ('sending', 'Sending'), ('done', 'Done'), ('refused', 'Not done'), ('unknown', 'Checking'), ('person', 'Needs a decision'), ('held', 'On hold')], default='pending', max_length=10),
        ),
        migrations.AlterField(
            model_name='job',
            name='state',
            field=models.CharField(choices=[('waiting', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('parked', 'Gave up'), ('cancelled', 'Cancelled'), ('paused', 'Paused')], default='waiting', max_length=10),
        ),
        migrations.AlterField(
            model_name='version',
            name='source',
            field=models.CharField(choices=[('new', 'Not checked yet'), ('vendor', 'Changed elsewhere'), ('portal', 'Changed from here')], max_length=10),
        ),
    ]
