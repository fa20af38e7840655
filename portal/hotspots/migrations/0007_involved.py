"""Who is involved in observations on worklists. The next refresh writes it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hotspots", "0006_countries_and_regions"),
    ]

    operations = [
        migrations.CreateModel(
            name="Involved",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("criteria", models.CharField(max_length=64)),
                ("inat_id", models.BigIntegerField(help_text="iNaturalist's id of the person")),
                (
                    "role",
                    models.CharField(
                        choices=[("observer", "observer"), ("maverick", "maverick")], max_length=16
                    ),
                ),
                ("observation_id", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "person involved",
                "verbose_name_plural": "persons involved",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("criteria", "inat_id", "role", "observation_id"),
                        name="involved_once_in_a_role",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("role__in", ["observer", "maverick"])), name="involved_role_known"
                    ),
                ],
            },
        ),
    ]
