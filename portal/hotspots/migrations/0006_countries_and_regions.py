"""Countries and regions of worklists' entries. The next refresh writes them; until then none is known."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hotspots", "0005_notes_and_saved_searches")]

    operations = [
        # With a default in the database, for workers of before the upgrade that are still running.
        migrations.AddField(
            "worklistentry",
            "country",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="a code of exporter.boundaries; empty: none",
                max_length=48,
            ),
        ),
        migrations.AddField(
            "worklistentry",
            "region",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="that of its first-level region",
                max_length=48,
            ),
        ),
        migrations.AddIndex(
            "worklistentry",
            models.Index(
                fields=["criteria", "country", "-priority", "observation_id", "tree_left", "region"],
                name="worklist_by_country",
            ),
        ),
        migrations.CreateModel(
            name="PlacedLabel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("criteria", models.CharField(max_length=64)),
                ("place", models.CharField(help_text="a code of exporter.boundaries", max_length=48)),
                ("tree_left", models.PositiveIntegerField(help_text="that of the label, as in hotspots")),
                (
                    "entries",
                    models.PositiveIntegerField(help_text="how many entries of its worklist lie there"),
                ),
            ],
            options={
                "verbose_name": "label in a place",
                "verbose_name_plural": "labels in places",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("criteria", "place", "tree_left"), name="label_once_per_place"
                    )
                ],
            },
        ),
    ]
