import hashlib

from django.conf import settings
from django.db import migrations, models


def digest_those_made(apps, schema_editor):
    """Snapshots made before this had a column: by their folders, where these still are."""
    for made in apps.get_model("cutoffs", "Snapshot").objects.exclude(folder=""):
        manifest = settings.DATA_DIR / made.folder / "manifest.json"
        if manifest.is_file():
            made.digest = hashlib.sha256(manifest.read_bytes()).hexdigest()
            made.save(update_fields=["digest"])


class Migration(migrations.Migration):
    dependencies = [("cutoffs", "0002_past_exports")]

    operations = [
        migrations.AddField(
            model_name="snapshot",
            name="digest",
            field=models.CharField(
                blank=True,
                db_index=True,
                help_text="SHA-256 of its manifest, by which a training run names it",
                max_length=64,
            ),
        ),
        migrations.RunPython(digest_those_made, migrations.RunPython.noop),
    ]
