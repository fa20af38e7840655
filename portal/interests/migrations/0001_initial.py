"""Groups and places that people with an account choose."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="Interests",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="interests",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "groups",
                    models.JSONField(
                        default=list,
                        help_text="clades as addresses write them: iNaturalist's id, or a name without one",
                    ),
                ),
                (
                    "places",
                    models.JSONField(default=list, help_text="codes of continents, countries and regions"),
                ),
            ],
            options={"verbose_name": "groups and places", "verbose_name_plural": "groups and places"},
        ),
    ]
