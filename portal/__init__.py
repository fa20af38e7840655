"""The portal: a Django project that shows what the exporter computes."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
