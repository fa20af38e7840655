"""Codes with values in place of English sentences; columns are added, and nobody waits for that."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cutoffs", "0002_opaque_ids_and_attempts"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="changes",
            field=models.JSONField(
                blank=True,
                db_default=[],
                default=list,
                help_text='what was changed: [{"field": "name", "before": "Winter", "after": "Spring"}]',
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="messages",
            field=models.JSONField(
                blank=True, db_default=[], default=list, help_text="what the portal says of it: messages"
            ),
        ),
        migrations.AddField(
            model_name="snapshot",
            name="failure",
            field=models.JSONField(
                blank=True, db_default=[], default=list, help_text="why it failed: messages"
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="note",
            field=models.TextField(blank=True, help_text="a person's own words: why"),
        ),
        migrations.AlterField(
            model_name="snapshot",
            name="error",
            field=models.TextField(
                blank=True, help_text="the same in English, from before there were messages"
            ),
        ),
    ]
