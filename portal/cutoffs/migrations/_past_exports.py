"""The exports that iNaturalist told of before there was a Leafline, each with where it was told.

What is marked is translated on pages as long as staff leave it as it is."""

from datetime import date

from django.utils.translation import gettext_noop as _

BLOG = "https://www.inaturalist.org/blog/"
FORUM = "https://forum.inaturalist.org/t/"

#: model, exports since the row above it that has a day, exported from and to, released, taxa, photos, source, address
ROWS = (
    ("2020-03", None, None, None, _("March 2020"), 25_000, 12_000_000, _("iNaturalist post 54236"), f"{BLOG}54236"),
    ("2021-07", None, date(2020, 12, 13), date(2020, 12, 13), _("July 2021"), 38_148, 21_000_000,
     _("iNaturalist post 54236 and config.yml.example of inatVisionTraining"), f"{BLOG}54236"),
    ("2022-04", 1, date(2021, 11, 1), date(2021, 11, 30), _("April 2022"), 55_000, 27_000_000,
     _("iNaturalist blog 63931, forum 31030"), f"{BLOG}63931"),
    ("v1.x", None, None, None, _("after April 2022"), 60_000, 30_000_000, _("iNaturalist blog 69193"), f"{BLOG}69193"),
    ("v2.7", None, None, None, _("about September 2023"), 79_797, None, _("iNaturalist blogs 84677, 85796"), f"{BLOG}85796"),
    ("v2.8", None, date(2023, 9, 17), date(2023, 9, 17), _("about October 2023"), 80_962, None,
     _("iNaturalist blog 85796"), f"{BLOG}85796"),
    ("v2.12", 4, date(2024, 2, 2), date(2024, 2, 2), _("5 April 2024"), 86_861, None,
     _("iNaturalist blog 91824"), f"{BLOG}91824"),
    ("v2.28", 16, date(2025, 12, 28), date(2025, 12, 28), "", None, None, _("iNaturalist forum 75421"), f"{FORUM}75421"),
)  # fmt: skip
FIELDS = (
    "model_name",
    "exports_since",
    "exported_from",
    "exported_to",
    "released",
    "taxa",
    "photos",
    "source",
    "source_url",
)


def load(apps, schema_editor):
    past_export = apps.get_model("cutoffs", "PastExport")
    for order, row in enumerate(ROWS, start=1):
        past_export.objects.create(order=order, **dict(zip(FIELDS, row, strict=True)))
