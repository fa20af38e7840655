"""Indexes that hold what narrows their rows down further: bands of suspicion, and clades."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hotspots", "0010_possible"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="worklistentry",
            name="worklist_by_continent",
        ),
        migrations.RemoveIndex(
            model_name="worklistentry",
            name="worklist_of_suggested",
        ),
        migrations.RemoveIndex(
            model_name="worklistentry",
            name="worklist_of_disputed",
        ),
        migrations.RemoveIndex(
            model_name="worklistentry",
            name="worklist_of_unlikely",
        ),
        migrations.RemoveIndex(
            model_name="worklistentry",
            name="worklist_of_possible",
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                fields=["criteria", "continent", "-priority", "observation_id", "tree_left", "suspicion"],
                name="worklist_by_continent",
            ),
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                condition=models.Q(("is_suggested", True)),
                fields=["criteria", "-priority", "observation_id", "suspicion", "tree_left"],
                name="worklist_of_suggested",
            ),
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                condition=models.Q(("is_disputed", True)),
                fields=["criteria", "-priority", "observation_id", "suspicion", "tree_left"],
                name="worklist_of_disputed",
            ),
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                condition=models.Q(("suspicion__gte", 0.1), ("suspicion__lt", 0.5)),
                fields=["criteria", "-priority", "observation_id", "suspicion", "tree_left"],
                name="worklist_of_possible",
            ),
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                condition=models.Q(("suspicion__lt", 0.1)),
                fields=["criteria", "-priority", "observation_id", "suspicion", "tree_left"],
                name="worklist_of_unlikely",
            ),
        ),
    ]
