from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0022_mails_to_readers'),
    ]

    operations = [
        migrations.AddField(
            model_name='organisation',
            name='report_codes',
            field=models.BooleanField(default=False),
        ),
    ]
