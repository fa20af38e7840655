"""Celery tasks: ids in, one call to a service."""

from celery import shared_task

from portal.accounts import mails
from portal.task_names import MAIL_NEW_PASSWORD


@shared_task(name=MAIL_NEW_PASSWORD)
def mail_new_password(user_ids: list[int], language: str) -> None:
    """Send each of these accounts a link to choose a new password."""
    mails.mail_new_password(user_ids, language)
