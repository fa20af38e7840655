"""What a blitz shows where somebody shares its address: a picture, its target, a comment to copy."""

import re
from html import unescape
from io import BytesIO

from PIL import Image

from portal.blitzes import services
from portal.blitzes.picture import Shown, png
from portal.blitzes.states import State
from tests.portal.blitzes.conftest import DAY, ENDS_AT, EXPECTED


def test_a_blitz_shows_as_a_picture_where_it_is_shared(running, client, settings):
    settings.SITE_URL = "https://leafline.example.org"
    services.record(running, ENDS_AT - DAY, {**EXPECTED, "data_as_of": ENDS_AT, "looked_at": 12, "moved": 4})
    page = client.get(f"/blitzes/{running.pk}/").content.decode()
    said = dict(re.findall(r'<meta property="og:([a-z:]+)" content="([^"]*)">', page))
    assert said["title"] == "Bumble bees before the cutoff"
    assert said["description"] == "35 labels to look at, 12 done. Many are named from a suggestion alone."
    assert said["url"] == f"https://leafline.example.org/blitzes/{running.pk}/"
    assert said["image"].startswith(f"https://leafline.example.org/blitzes/{running.pk}/picture.png?edition=")
    response = client.get(said["image"].removeprefix("https://leafline.example.org"))
    with Image.open(BytesIO(response.content)) as picture:
        assert (response["Content-Type"], picture.format, picture.size) == ("image/png", "PNG", (1200, 630))
        # Twelve of 35: a third of the bar, from 80 to 1120, is green, and the rest grey.
        colours = [picture.convert("RGB").getpixel((across, 458)) for across in (100, 420, 460, 1100)]
    assert colours == [(39, 99, 58)] * 2 + [(169, 176, 159)] * 2
    assert len(response.content) < 40_000


def test_a_picture_holds_any_title(db):
    for title in ("", "W" * 100, "Юля", "<b>&amp;", "one\ttwo"):
        shown = Shown(title=title, clade="Bumble Bees", target="1 label to look at", days="today", share=2)
        assert png(shown).startswith(b"\x89PNG")


def test_a_picture_is_for_who_may_know_of_the_blitz(at_state, client, ida):
    blitz = at_state(State.PROPOSED)
    assert client.get(f"/blitzes/{blitz.pk}/picture.png").status_code == 404
    client.force_login(ida)
    assert client.get(f"/blitzes/{blitz.pk}/picture.png").status_code == 200


def test_there_is_a_comment_to_copy_until_the_end(running, client, settings):
    settings.SITE_URL = "https://leafline.example.org"
    page = unescape(client.get(f"/blitzes/{running.pk}/").content.decode())
    comment = re.search(r'<pre class="wrapped" tabindex="0"><code>(.*?)</code>', page, re.S)[1]
    assert comment.splitlines() == [
        "Simulated: Bumble bees before the cutoff: 35 labels to look at.",
        "It ends on 24 November 2026, 00:00 UTC.",
        "Anybody can help, 30 observations at a time. Confirming a right label is worth as much as moving a"
        " wrong one, and leaving what one does not know is fine.",
        f"https://leafline.example.org/blitzes/{running.pk}/",
    ]
    services.advance_due(now=ENDS_AT)
    assert "Invite others" not in client.get(f"/blitzes/{running.pk}/").content.decode()
