"""`python -m tests.portal.old_workers`: upgrades an empty database while workers of the first version go on.

It has the tables of the first supported version. A thread writes and reads with that version's own models,
before, while and after all migrations run. Prints a line for each statement of theirs that failed.
"""

import os
import threading
from datetime import UTC, datetime
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.apps import apps as present_apps  # noqa: E402
from django.db import DatabaseError, connection  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402

#: The apps of ours that had tables in the first version, each of which began with one migration.
OURS = (
    "accounts",
    "blitzes",
    "cutoffs",
    "hotspots",
    "lake",
    "notices",
    "sync",
    "taxa",
    "training",
    "versions",
)
#: How often workers go around after the migration.
AFTERWARDS = 20


def work(apps: Any, number: int) -> None:
    """One round of what workers and web servers do: each statement names every column that they know."""
    now = datetime.now(UTC)
    refresh = apps.get_model("lake", "Refresh").objects.create(started_at=now, sources=[], counts={})
    apps.get_model("taxa", "Taxon").objects.create(id=number, ancestry="", name="Apis", observations=1)
    apps.get_model("taxa", "TaxonName").objects.create(taxon_id=number, key="apis")
    readiness = apps.get_model("taxa", "Readiness")
    numbers = {
        field.name: 0 for field in readiness._meta.fields if field.name not in ("id", "taxon", "criteria")
    }
    values = numbers | {"status": "short", "is_drawn": False, "tree_right": 1}
    readiness.objects.create(taxon_id=number, criteria="inat-2022", **values)
    apps.get_model("sync", "Pull").objects.create(started_at=now, state="done", finished_at=now)
    apps.get_model("sync", "QueueActivity").objects.update_or_create(
        queue="compute", defaults={"began_at": now}
    )
    token = apps.get_model("accounts", "Token")
    token.objects.create(name="t", scope="trainer", start="x", digest=f"{number}", created_at=now)
    apps.get_model("sessions", "Session").objects.create(
        session_key=f"{number}", session_data="x", expire_date=now
    )
    refresh.state, refresh.finished_at = "done", now
    refresh.data_as_of, refresh.lake_version = now, 1
    refresh.save()
    for app in OURS:
        for model in apps.get_app_config(app).get_models():
            list(model.objects.order_by("pk")[:2])


def main() -> None:
    """Migrate to the first version, then upgrade while it works."""
    executor = MigrationExecutor(connection)
    first = [(app, "0001_initial") for app in OURS]
    ours = {config.label for config in present_apps.get_app_configs() if config.name.startswith("portal.")}
    others = [node for node in executor.loader.graph.leaf_nodes() if node[0] not in ours]
    executor.migrate([*others, *first])
    old = executor.loader.project_state([*others, *first]).apps
    is_over, faults, rounds = threading.Event(), [], []

    def go_on() -> None:
        number = 0
        while not is_over.is_set() or len(rounds) < AFTERWARDS:
            number += 1
            try:
                work(old, number)
            except DatabaseError as error:
                faults.append(str(error))
            if is_over.is_set():
                rounds.append(number)
        connection.close()

    worker = threading.Thread(target=go_on)
    worker.start()
    executor.loader.build_graph()
    executor.migrate(executor.loader.graph.leaf_nodes())
    is_over.set()
    worker.join()
    for line in sorted(set(faults)):
        print(line)
    readable = [model for app in OURS for model in present_apps.get_app_config(app).get_models()]
    print(f"{len([list(model._base_manager.all()[:2]) for model in readable])} tables are read")
    kept = {
        name: present_apps.get_model("taxa", name)._base_manager.count() for name in ("Taxon", "Readiness")
    }
    print("every row is there" if kept["Taxon"] == kept["Readiness"] >= AFTERWARDS else kept)


if __name__ == "__main__":
    main()
