import qxportal.ui.stored_messages
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0012_languages'),
    ]

    operations = [
        migrations.AlterField(
            model_name='auditentry',
            name='words',
            field=qxportal.ui.stored_messages.MessageField(blank=True),
        ),
    ]
