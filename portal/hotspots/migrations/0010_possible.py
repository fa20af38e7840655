"""An index for the middle band of suspicion, whose entries come after all that are likely to be wrong."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hotspots", "0009_rare_evidence"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                condition=models.Q(("suspicion__gte", 0.1), ("suspicion__lt", 0.5)),
                fields=["criteria", "-priority", "observation_id"],
                name="worklist_of_possible",
            ),
        ),
    ]
