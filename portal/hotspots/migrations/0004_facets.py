"""What worklists are narrowed down by besides. The next refresh fills it; until then these facets find nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hotspots", "0003_reasons")]

    operations = [
        # With a default in the database, for workers of before the upgrade that are still running.
        migrations.AddField(
            "worklistentry",
            "grade",
            models.CharField(
                blank=True,
                choices=[("needs_id", "Needs ID"), ("research", "Research Grade"), ("casual", "casual")],
                db_default="",
                help_text="empty: not known",
                max_length=16,
            ),
        ),
        migrations.AddField(
            "worklistentry",
            "is_suggested",
            models.BooleanField(
                db_default=False, help_text="its label came from a computer vision suggestion"
            ),
        ),
        migrations.AddField(
            "worklistentry",
            "is_disputed",
            models.BooleanField(db_default=False, help_text="somebody calls it something else"),
        ),
        migrations.AddField(
            "worklistentry",
            "listed_in",
            models.BigIntegerField(
                help_text="the refresh that it came onto the worklist with; empty: an earlier one", null=True
            ),
        ),
    ]
