"""One word for right answers; and intervals of 90 % in place of 95 %, so what was counted is counted again."""

from django.db import migrations


def forget_comparisons(apps, schema_editor):
    for name in ("ClassStanding", "CladeStanding", "Comparison"):
        apps.get_model("versions", name).objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("versions", "0001_initial"), ("training", "0004_versions_apart")]

    operations = [
        migrations.RunPython(forget_comparisons, migrations.RunPython.noop),
        migrations.RenameField("comparison", "hits", "right"),
        migrations.RenameField("comparison", "hits_in_five", "right_in_five"),
        migrations.RenameField("comparison", "hits_before", "right_before"),
        migrations.RenameField("classstanding", "hits", "right"),
        migrations.RenameField("classstanding", "hits_before", "right_before"),
        migrations.RenameField("cladestanding", "hits", "right"),
        migrations.RenameField("cladestanding", "hits_before", "right_before"),
    ]
