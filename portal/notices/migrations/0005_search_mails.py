"""Mails about searches that people keep."""

import django.db.models.deletion
from django.db import migrations, models

import portal.notices.models


class Migration(migrations.Migration):
    dependencies = [
        ("hotspots", "0007_involved"),
        ("notices", "0004_news_of_blitzes"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchMail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                ("language", models.CharField(default="en", max_length=16, verbose_name="language")),
                (
                    "token",
                    models.CharField(default=portal.notices.models.new_token, max_length=64, unique=True),
                ),
                ("asked_at", models.DateTimeField()),
                ("question_sent_at", models.DateTimeField(null=True)),
                ("confirmed_at", models.DateTimeField(null=True)),
                (
                    "counted_to",
                    models.BigIntegerField(
                        default=0,
                        help_text="the refresh up to which observations were counted: later ones are new",
                    ),
                ),
                ("due_at", models.DateTimeField(help_text="when the next mail is due", null=True)),
                (
                    "claimed_at",
                    models.DateTimeField(help_text="since when a process is sending it", null=True),
                ),
                (
                    "attempts",
                    models.PositiveSmallIntegerField(default=0, help_text="failed ones of this week"),
                ),
                (
                    "search",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="hotspots.savedsearch",
                    ),
                ),
            ],
            options={
                "verbose_name": "mail about a search",
                "verbose_name_plural": "mails about searches",
                "indexes": [models.Index(fields=["due_at"], name="search_mail_by_due")],
            },
        ),
    ]
