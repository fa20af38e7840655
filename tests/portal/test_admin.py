import pytest


@pytest.mark.parametrize("path", ["lake/refresh/", "taxa/taxon/", "taxa/taxon/?q=bee"])
def test_staff_read_what_was_taken_over(admin_client, world, path):
    response = admin_client.get(f"/admin/{path}")
    assert response.status_code == 200
    assert f"/admin/{path.partition('?')[0]}add/" not in response.content.decode()


def test_one_refresh_can_be_looked_at(admin_client, world):
    assert admin_client.get(f"/admin/lake/refresh/{world.pk}/change/").status_code == 200


@pytest.mark.parametrize("path", ["lake/refresh/add/", "taxa/taxon/add/"])
def test_nobody_adds_by_hand(admin_client, world, path):
    assert admin_client.get(f"/admin/{path}").status_code == 403


def test_a_change_by_hand_is_refused(admin_client, world):
    assert admin_client.post("/admin/taxa/taxon/118970/change/", {"name": "x"}).status_code == 403
    assert admin_client.post("/admin/taxa/taxon/118970/delete/", {"post": "yes"}).status_code == 403


def test_visitors_are_sent_to_the_login(client, db):
    response = client.get("/admin/lake/refresh/")
    assert response.status_code == 302
    assert response.url.startswith("/admin/login/")
