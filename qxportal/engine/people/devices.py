"""Device names on the site, and the answers that a device may show.

The name of a device begins with a mark of how it signed in: by a printed letter, a test mail, or a link to the second,
third, … address of its person. Such a device shows only answers given on devices with the same mark: otherwise the
people who printed the letter, read the test mail or changed the person's address could read earlier answers. The same
holds for the person's action plan, which is only for the people whom the person shares it with. Devices without a mark
signed in by a link to the person's first address and show all answers.
"""

import secrets

from qxportal.engine.models import ActionPlan, Evaluation, PrintedLetter

TEST = "T-"  # a link in a mail that went to a test address


def by_mail(address_epoch: int, *, test: bool) -> str:
    """A name for a device that signs in by a mailed link; `address_epoch` counts changes of the person's address."""
    if test:
        return f"{TEST}{secrets.token_hex(4)}"
    return f"A{address_epoch:x}-{secrets.token_hex(4)}" if address_epoch else secrets.token_hex(6)


def by_letter(letter: PrintedLetter) -> str:
    """A name for a device that signs in by a printed letter."""
    return f"L{letter.pk:x}-{secrets.token_hex(2)}"


def mark_in(device: str) -> str:
    """The mark in a device's name; empty after sign-in by a link to the person's first address."""
    mark, dash, _rest = device.partition("-")
    return mark + dash if dash else ""


def letter_of(device: str) -> PrintedLetter | None:
    """The letter by which a device signed in."""
    mark = mark_in(device)
    return PrintedLetter.objects.filter(pk=int(mark[1:-1], 16)).first() if mark.startswith("L") else None


def are_answers_hidden(mark: str, evaluation: Evaluation) -> bool:
    """Whether devices with this mark must hide an evaluation's answers: some come from a device with another mark."""
    return bool(mark) and evaluation.answers.exclude(device__startswith=mark).exists()


def is_plan_hidden(mark: str, plan: ActionPlan) -> bool:
    """Whether devices with this mark must hide an action plan: it was saved on a device with another mark."""
    return bool(mark and plan.revision) and plan.mark != mark
