"""Cutoffs and events that come get ids that tell nothing; those that are there keep theirs. Attempts count."""

from django.db import migrations, models

import portal.opaque


class Migration(migrations.Migration):
    dependencies = [("cutoffs", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="cutoff",
            name="id",
            field=models.BigAutoField(default=portal.opaque.new_id, primary_key=True, serialize=False),
        ),
        # First without the default, which would be the same for all events that are there.
        migrations.AddField(
            model_name="event", name="key", field=models.CharField(max_length=32, null=True, unique=True)
        ),
        migrations.AlterField(
            model_name="event",
            name="key",
            field=models.CharField(
                default=portal.opaque.new_key,
                help_text="its name in feeds; empty for the first events, which are known by their number",
                max_length=32,
                null=True,
                unique=True,
            ),
        ),
        # With a default in the database, for workers of before the upgrade that are still running.
        migrations.AddField(
            model_name="snapshot",
            name="attempts",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, help_text="how often a worker took it up"
            ),
        ),
    ]
