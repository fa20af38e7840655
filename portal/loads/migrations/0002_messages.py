"""Codes with values in place of English sentences; columns are added, and nobody waits for that."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("loads", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="load",
            name="failure",
            field=models.JSONField(
                blank=True, db_default=[], default=list, help_text="why it failed: messages"
            ),
        ),
        migrations.AlterField(
            model_name="load",
            name="error",
            field=models.TextField(
                blank=True, help_text="the same in English, from before there were messages"
            ),
        ),
    ]
