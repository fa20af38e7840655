from django.apps import AppConfig


class TaxaConfig(AppConfig):
    name = "portal.taxa"
    verbose_name = "Taxa"
