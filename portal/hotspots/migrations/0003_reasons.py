"""Reasons of worklists as codes with values. The next refresh writes them; until then the sentences are shown."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hotspots", "0002_kinds_and_continents")]

    operations = [
        # Both with a default in the database, for workers of before the upgrade that are still running.
        migrations.AddField(
            "worklistentry",
            "reasons",
            models.JSONField(
                db_default=[], default=list, help_text="why to look at it: messages (exporter.messages)"
            ),
        ),
        migrations.AlterField(
            "worklistentry",
            "reason",
            models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="the same in English, of refreshes before there were messages",
            ),
        ),
    ]
