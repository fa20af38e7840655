"""Indexes for facets of worklists that few entries have."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hotspots", "0007_involved"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                fields=["criteria", "suggested_taxon_id", "-priority", "observation_id"],
                name="worklist_by_other_taxon",
            ),
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                fields=["criteria", "listed_in", "-priority", "observation_id"], name="worklist_by_count"
            ),
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                fields=["criteria", "kind", "-priority", "observation_id"], name="worklist_by_kind"
            ),
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                fields=["criteria", "grade", "-priority", "observation_id"], name="worklist_by_grade"
            ),
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                condition=models.Q(("is_suggested", True)),
                fields=["criteria", "-priority", "observation_id"],
                name="worklist_of_suggested",
            ),
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                condition=models.Q(("is_disputed", True)),
                fields=["criteria", "-priority", "observation_id"],
                name="worklist_of_disputed",
            ),
        ),
    ]
