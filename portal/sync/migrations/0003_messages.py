"""Codes with values in place of English sentences; columns are added, and nobody waits for that."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0002_attempts"),
    ]

    operations = [
        migrations.AddField(
            model_name="pull",
            name="failure",
            field=models.JSONField(
                blank=True, db_default=[], default=list, help_text="why it failed: messages"
            ),
        ),
        migrations.AlterField(
            model_name="pull",
            name="error",
            field=models.TextField(
                blank=True, help_text="the same in English, from before there were messages"
            ),
        ),
        migrations.AlterField(
            model_name="pull",
            name="plan",
            field=models.JSONField(
                default=list, help_text='[{"name": "changes", "needed": 12, "given": 12}]'
            ),
        ),
    ]
