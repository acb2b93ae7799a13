"""The mailbox for delivery reports named in the settings."""

from contextlib import AbstractContextManager

from django.conf import settings

from qxportal.mail.imap_mailbox import imap_mailbox
from qxportal.mail.mailbox_address import MailboxAddress
from qxportal.mail.mailboxes import Mailbox
from qxportal.mail.maildir_mailbox import maildir_mailbox


def open_mailbox(address: MailboxAddress) -> AbstractContextManager[Mailbox]:
    """Open the mailbox for the duration of the block; raises MailboxError."""
    if address.scheme == "maildir":
        return maildir_mailbox(address)
    return imap_mailbox(address, ca=settings.MAIL_BOUNCES_CA, token_file=settings.MAIL_BOUNCES_TOKEN)
