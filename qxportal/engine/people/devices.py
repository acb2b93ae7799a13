"""Names of devices on the site: how one begins tells what let the device in, and so which answers it may show.

Only a link that was mailed to the address at which a person has answered from the beginning shows everything. Whoever
printed a letter, reads a test mail or gave a person another address could otherwise read what was answered before. The
same holds for the person's own action plan, which nobody reads but those with whom it is shared.
"""

import secrets

from qxportal.engine.models import ActionPlan, Evaluation, PrintedLetter

TEST = "T-"  # a link in a mail that went to a test address


def by_mail(address_epoch: int, *, test: bool) -> str:
    """A name for a device that comes in by a mailed link, the address of its person having changed so often."""
    if test:
        return f"{TEST}{secrets.token_hex(4)}"
    return f"A{address_epoch:x}-{secrets.token_hex(4)}" if address_epoch else secrets.token_hex(6)


def by_letter(letter: PrintedLetter) -> str:
    """A name for a device that comes in by a printed letter."""
    return f"L{letter.pk:x}-{secrets.token_hex(2)}"


def mark_in(device: str) -> str:
    """The mark of what let a device in; empty where it was a link to the first address."""
    mark, dash, _rest = device.partition("-")
    return mark + dash if dash else ""


def letter_of(device: str) -> PrintedLetter | None:
    """The letter by which a device came in."""
    mark = mark_in(device)
    return PrintedLetter.objects.filter(pk=int(mark[1:-1], 16)).first() if mark.startswith("L") else None


def is_hidden_from(device: str, evaluation: Evaluation) -> bool:
    """Whether an evaluation holds answers that a device may not show, as they were given with another mark."""
    mark = mark_in(device)
    return bool(mark) and evaluation.answers.exclude(device__startswith=mark).exists()


def is_plan_hidden(mark: str, plan: ActionPlan) -> bool:
    """Whether an action plan may not be shown on devices with a mark, as it was saved on a device with another one."""
    return bool(mark and plan.revision) and plan.mark != mark
