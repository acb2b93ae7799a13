from django.db import migrations

from qxportal.accounts.second_factor import move, opened_text, seal_what_lies_in_clear


def seal(apps, schema_editor):
    """Seal what lies in clear; without a key ring it stays so until there is one, see `keys rotate`."""
    seal_what_lies_in_clear(apps.get_model("mfa", "Authenticator"))


def unseal(apps, schema_editor):
    """For a release before: it takes a sealed secret for the secret itself."""
    authenticators = apps.get_model("mfa", "Authenticator")
    for number in authenticators.objects.exclude(type="webauthn").values_list("pk", flat=True):
        move(authenticators, number, opened_text)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_remembered"), ("mfa", "0003_authenticator_type_uniq")]

    operations = [migrations.RunPython(seal, unseal)]
