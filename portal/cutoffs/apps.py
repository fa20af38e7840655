from django.apps import AppConfig


class CutoffsConfig(AppConfig):
    name = "portal.cutoffs"
    verbose_name = "Cutoffs"
