"""Batches take the place of claims: each claim becomes a batch of its person, and its tables are left empty."""

from datetime import timedelta

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

#: How long a claim was held.
HELD_FOR = timedelta(hours=24)
COPIED = ("suggested_taxon_id", "suspicion", "kind", "evidence", "photos", "observed_on")
#: What a row says that the worklist no longer has.
UNKNOWN = {"suspicion": 0.0, "kind": "lookalike", "evidence": "records", "photos": 1}


def take_claims_over(apps, schema_editor):
    """Copy claims into batches, the held ones first, and delete them."""
    claims = apps.get_model("blitzes", "Claim").objects
    now = timezone.now()
    held = set()
    for claim in claims.select_related("blitz").order_by("claimed_at", "pk"):
        _copy(apps, claim, now, held)
    claims.all().delete()


def _copy(apps, claim, now, held):
    get = apps.get_model
    holder, _is_new = get("batches", "Holder").objects.get_or_create(
        user_id=claim.person_id, defaults={"used_at": claim.claimed_at}
    )
    batch = get("batches", "Batch").objects.create(
        holder=holder,
        pool=f"blitz-{claim.blitz_id}",
        criteria=claim.blitz.criteria,
        taken_at=claim.claimed_at,
        held_until=claim.claimed_at + HELD_FOR,
        done_at=claim.done_at,
    )
    is_open = claim.done_at is None and batch.held_until > now
    rows = list(claim.observations.order_by("pk"))
    entries = get("hotspots", "WorklistEntry").objects.filter(
        criteria=claim.blitz.criteria, observation_id__in=[row.observation_id for row in rows]
    )
    listed = {entry.observation_id: entry for entry in entries}
    for place, row in enumerate(rows):
        entry = listed.get(row.observation_id)
        known = {name: getattr(entry, name) for name in COPIED} if entry else UNKNOWN
        get("batches", "BatchRow").objects.create(
            batch=batch,
            place=place,
            observation_id=row.observation_id,
            observation_uuid=row.observation_uuid,
            label_taxon_id=row.label_taxon_id,
            is_held=is_open and row.observation_id not in held,
            **known,
        )
        held.update([row.observation_id] if is_open else [])
    if claim.done_at is not None:
        get("batches", "Holder").objects.filter(pk=holder.pk).update(has_finished=True)
        seen = get("batches", "SeenObservation")
        seen.objects.bulk_create(
            (seen(holder=holder, observation_id=row.observation_id) for row in rows), ignore_conflicts=True
        )


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0001_initial"),
        ("blitzes", "0003_messages"),
        ("hotspots", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="blitz",
            name="draw_seed",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="draws its second looks (exporter.draw); secret until it ends",
                max_length=64,
            ),
        ),
        migrations.CreateModel(
            name="SecondLook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "observation_id",
                    models.BigIntegerField(
                        help_text="iNaturalist's number; below zero: one of the lake's own, which is shown to nobody"
                    ),
                ),
                (
                    "observation_uuid",
                    models.CharField(
                        blank=True, db_default="", help_text="iNaturalist's; empty: not known", max_length=36
                    ),
                ),
                ("label_taxon_id", models.BigIntegerField(help_text="its label when it was drawn")),
                (
                    "former_taxon_id",
                    models.BigIntegerField(
                        help_text="the label that was moved away; empty: nobody suspected it", null=True
                    ),
                ),
                ("photos", models.PositiveIntegerField()),
                ("observed_on", models.DateField(null=True)),
                ("added_at", models.DateTimeField(help_text="the moment of the count that drew it")),
                ("is_looked_at", models.BooleanField(default=False, help_text="identified since then")),
                (
                    "is_changed",
                    models.BooleanField(
                        default=False,
                        help_text="moved back to the former label; of an unsuspected one: moved away",
                    ),
                ),
                (
                    "blitz",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="second_looks",
                        to="blitzes.blitz",
                    ),
                ),
            ],
            options={"verbose_name": "second look", "verbose_name_plural": "second looks"},
        ),
        migrations.AddConstraint(
            model_name="secondlook",
            constraint=models.UniqueConstraint(fields=["blitz", "observation_id"], name="second_look_once"),
        ),
        # The tables stay until the next version, for processes of the former one that still read them; they
        # keep no other row from being deleted.
        *(
            migrations.AlterField(
                model_name=model,
                name=name,
                field=models.ForeignKey(
                    db_constraint=False,
                    db_index=is_indexed,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name=related_name,
                    to=to,
                ),
            )
            for model, name, related_name, to, is_indexed in (
                ("claim", "blitz", "claims", "blitzes.blitz", True),
                ("claim", "person", "+", settings.AUTH_USER_MODEL, True),
                ("claimedobservation", "claim", "observations", "blitzes.claim", True),
                ("claimedobservation", "blitz", "+", "blitzes.blitz", False),
            )
        ),
        # Last, for PostgreSQL changes no table whose rows were changed before in the same transaction.
        migrations.RunPython(take_claims_over, migrations.RunPython.noop, elidable=True),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel(name="ClaimedObservation"),
                migrations.DeleteModel(name="Claim"),
            ]
        ),
    ]
