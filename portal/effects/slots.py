"""What other pages show of effects."""

from typing import Any

from django.template import Context

from portal.blitzes.models import Blitz
from portal.effects import queries
from portal.slots import fills
from portal.versions.models import Comparison


@fills("blitz-effect", "effects/_of_blitz.html")
def of_blitz(context: Context, blitz: Blitz) -> dict[str, Any]:
    """What the blitz changed in the next version of the model."""
    return {"shown": queries.of_blitz(blitz)}


@fills("version-effects", "effects/_of_version.html")
def of_version(context: Context, comparison: Comparison) -> dict[str, Any]:
    """What the blitzes before the version changed in it."""
    shown = queries.of_version(comparison, context["request"].user)
    return {"shown": shown, "has_points": any(one.right for one in shown)}
