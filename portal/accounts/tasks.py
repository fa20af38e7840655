"""Celery tasks: ids in, one call to a service."""

from celery import shared_task

from portal.accounts import mails, services
from portal.task_names import MAIL_NEW_PASSWORD, REMOVE_SESSIONS


@shared_task(name=MAIL_NEW_PASSWORD)
def mail_new_password(user_ids: list[int], language: str) -> None:
    """Send each of these accounts a link to choose a new password."""
    mails.mail_new_password(user_ids, language)


@shared_task(name=REMOVE_SESSIONS)
def remove_sessions() -> None:
    """Remove the sessions whose time is over."""
    services.remove_expired_sessions()
