"""The front page at a glance, and the page for newcomers."""

from tests.portal.taxa.test_views import words


def test_the_first_card_answers_when_where_what_and_which_blitz(public, client):
    text = words(client.get("/"))
    glance = text[text.index("At a glance") : text.index("Review existing observations first")]
    assert "When" in glance
    assert "in 60 days" in glance or "in 59 days" in glance
    assert "Where we are Clean-up . Corrections count until the last minute." in glance
    assert "About 61 of 540 labels are probably wrong. Check 30 (Bombus impatiens)" in glance
    assert "Blitz under way" in glance
    assert "Choose my groups" in glance


def test_without_cutoff_and_blitz_the_first_card_says_so(world, client):
    text = words(client.get("/"))
    assert "When No cutoff is announced." in text
    assert "Where we are Corrections and new labels count." in text
    assert "What I can do Nothing stands out." in text
    assert "Blitz under way None at the moment." in text


def test_a_newcomer_is_told_what_this_is(client, db):
    text = words(client.get("/about/"))
    assert "It identifies nothing." in text
    assert "It ranks nobody" in text
    assert "What Leafline is" in words(client.get("/"))
