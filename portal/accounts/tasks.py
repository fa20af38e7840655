"""Celery tasks: ids in, one call to a service."""

from celery import shared_task

from portal.accounts import mails, services
from portal.task_names import MAIL_LINKS, REMOVE_SESSIONS


@shared_task(name=MAIL_LINKS)
def mail_links() -> None:
    """Mail a link to choose a new password to whoever requested one."""
    mails.mail_links()


@shared_task(name=REMOVE_SESSIONS)
def remove_sessions() -> None:
    """Remove the sessions whose time is over."""
    services.remove_expired_sessions()
