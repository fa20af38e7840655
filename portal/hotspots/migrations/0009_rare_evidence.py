"""Indexes for two more facets of worklists that few entries have."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hotspots", "0008_rare_facets"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                fields=["criteria", "evidence", "-priority", "observation_id"], name="worklist_by_evidence"
            ),
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                condition=models.Q(("suspicion__lt", 0.1)),
                fields=["criteria", "-priority", "observation_id"],
                name="worklist_of_unlikely",
            ),
        ),
    ]
