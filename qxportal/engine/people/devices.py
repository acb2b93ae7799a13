"""Names of devices on the site, and which answers a device may show.

The name of a device begins with a mark that tells what let the device in: a printed letter, a mail for testing, or a
link to the second, third, … address of its person. Such a device shows only what was answered on devices with the same
mark: whoever printed the letter, reads the mail for testing or gave the person another address could otherwise read
what was answered before. The same holds for the person's own action plan, which only those read with whom the person
shares it. Names without a mark belong to devices that came in by a link to the person's first address; these show all.
"""

import secrets

from qxportal.engine.models import ActionPlan, Evaluation, PrintedLetter

TEST = "T-"  # a link in a mail that went to a test address


def by_mail(address_epoch: int, *, test: bool) -> str:
    """A name for a device that comes in by a mailed link; `address_epoch`: how often the person's address changed."""
    if test:
        return f"{TEST}{secrets.token_hex(4)}"
    return f"A{address_epoch:x}-{secrets.token_hex(4)}" if address_epoch else secrets.token_hex(6)


def by_letter(letter: PrintedLetter) -> str:
    """A name for a device that comes in by a printed letter."""
    return f"L{letter.pk:x}-{secrets.token_hex(2)}"


def mark_in(device: str) -> str:
    """The mark at the beginning of a device's name; empty where a link to the person's first address let it in."""
    mark, dash, _rest = device.partition("-")
    return mark + dash if dash else ""


def letter_of(device: str) -> PrintedLetter | None:
    """The letter by which a device came in."""
    mark = mark_in(device)
    return PrintedLetter.objects.filter(pk=int(mark[1:-1], 16)).first() if mark.startswith("L") else None


def are_answers_hidden(mark: str, evaluation: Evaluation) -> bool:
    """Whether devices with a mark may not show an evaluation, as it holds answers of a device with another one."""
    return bool(mark) and evaluation.answers.exclude(device__startswith=mark).exists()


def is_plan_hidden(mark: str, plan: ActionPlan) -> bool:
    """Whether devices with a mark may not show an action plan, as it was saved on a device with another one."""
    return bool(mark and plan.revision) and plan.mark != mark
