"""Whether a refresh keeps what it writes as files; one of an earlier version does not, and says nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("lake", "0005_contents"),
    ]

    operations = [
        migrations.AddField(
            model_name="refresh",
            name="keeps_contents",
            field=models.BooleanField(
                db_default=False, default=True, help_text="its version keeps what it writes as files too"
            ),
        ),
    ]
