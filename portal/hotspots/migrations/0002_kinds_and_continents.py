"""Kinds and continents of hotspots as JSON, in place of words with blanks between them."""

from collections import defaultdict

from django.db import migrations, models
from django.db.models import Count


def convert(apps, schema_editor):
    """Give each kind its place, and count each label's entries by continent, as a refresh does."""
    Hotspot = apps.get_model("hotspots", "Hotspot")
    WorklistEntry = apps.get_model("hotspots", "WorklistEntry")
    counted = WorklistEntry.objects.exclude(continent="").values_list(
        "criteria", "label_taxon_id", "continent"
    )
    on_continents = defaultdict(dict)
    for criteria, label, continent, entries in counted.annotate(entries=Count("id")):
        on_continents[criteria, label][continent] = entries
    rows = list(Hotspot.objects.only("criteria", "taxon_id", "kinds"))
    for row in rows:
        row.new_kinds = {kind: place for place, kind in enumerate(row.kinds.split(), 1)}
        row.new_continents = on_continents.get((row.criteria, row.taxon_id), {})
    Hotspot.objects.bulk_update(rows, ["new_kinds", "new_continents"], batch_size=1_000)


def restore(apps, schema_editor):
    """Write both as words again."""
    Hotspot = apps.get_model("hotspots", "Hotspot")
    rows = list(Hotspot.objects.only("new_kinds", "new_continents"))
    for row in rows:
        row.kinds = " ".join(sorted(row.new_kinds, key=row.new_kinds.get))
        row.continents = " ".join(sorted(row.new_continents))
    Hotspot.objects.bulk_update(rows, ["kinds", "continents"], batch_size=1_000)


class Migration(migrations.Migration):
    dependencies = [("hotspots", "0001_initial")]

    operations = [
        migrations.AddField(
            "hotspot",
            "new_kinds",
            models.JSONField(
                default=dict, help_text="every kind that applies, with its place: 1 explains the most"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "hotspot",
            "new_continents",
            models.JSONField(
                default=dict, help_text="how many entries of its worklist lie on which continent"
            ),
            preserve_default=False,
        ),
        migrations.RunPython(convert, restore, elidable=True),
        # A default, so that the way back can add the column to rows.
        migrations.AlterField("hotspot", "kinds", models.CharField(max_length=80, default="")),
        migrations.RemoveField("hotspot", "kinds"),
        migrations.RemoveField("hotspot", "continents"),
        migrations.RenameField("hotspot", "new_kinds", "kinds"),
        migrations.RenameField("hotspot", "new_continents", "continents"),
        migrations.RemoveIndex("hotspot", "hotspot_by_rank"),
        migrations.AddIndex(
            "hotspot",
            models.Index(
                fields=["criteria", "rank", "expected_wrong", "kinds", "continents"],
                name="hotspot_by_rank_and_filters",
            ),
        ),
    ]
