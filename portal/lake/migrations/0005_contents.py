"""Where the files are that hold what rows of a refresh are; the table is empty until the next one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("lake", "0004_messages"),
    ]

    operations = [
        migrations.CreateModel(
            name="Content",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject", models.CharField(help_text="the app whose tables these are", max_length=16)),
                (
                    "key",
                    models.CharField(help_text="that of a generation, or the name of a table", max_length=64),
                ),
                ("folder", models.CharField(max_length=32)),
                ("is_written", models.BooleanField(help_text="the database has just these rows")),
            ],
            options={
                "verbose_name": "content",
                "verbose_name_plural": "contents",
                "constraints": [
                    models.UniqueConstraint(fields=("subject", "key"), name="one_content_by_key")
                ],
            },
        ),
    ]
