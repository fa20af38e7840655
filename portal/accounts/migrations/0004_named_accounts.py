"""Which iNaturalist account people say is theirs."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_link_requests"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="NamedAccount",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="named_account",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("inat_id", models.PositiveBigIntegerField()),
                ("login", models.CharField(max_length=255)),
                ("named_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "iNaturalist account by name",
                "verbose_name_plural": "iNaturalist accounts by name",
            },
        ),
    ]
