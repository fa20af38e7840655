"""Codes with values in place of English sentences; columns are added, and nobody waits for that."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("blitzes", "0002_opaque_ids"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="messages",
            field=models.JSONField(
                blank=True, db_default=[], default=list, help_text="what the portal says of it: messages"
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="note",
            field=models.TextField(blank=True, help_text="a person's own words: why"),
        ),
    ]
