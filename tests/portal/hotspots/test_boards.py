"""What a board says once, and what each of its rows says."""

from portal.hotspots.boards import Pair, Reference, board_of
from portal.hotspots.models import WorklistEntry
from portal.hotspots.queries.worklists import Listed
from portal.taxa.models import Photo, Taxon

BEE, FLY, WASP = (Taxon(id=number, name=name) for number, name in ((1, "Bee"), (2, "Fly"), (3, "Wasp")))
DISAGREE = {"code": "disagree", "against": 1, "of": 3}
OVERTURNED = {"code": "overturned", "n": 2, "of": 9}
SUGGESTED, MAYBE = {"code": "suggested"}, {"code": "maybe", "taxon": "Fly"}
LEFT = {"code": "left_at", "taxon": "Wasp"}


def listed(number, reasons, label=BEE, rather=FLY, photo="", **values):
    entry = WorklistEntry(
        observation_id=number,
        label_taxon_id=label.id,
        suggested_taxon_id=rather and rather.id,
        reasons=reasons,
        **{"kind": "lookalike", "evidence": "votes"} | values,
    )
    return Listed(entry, label, rather, Photo(license=photo), label_photo=Photo(photo_id=label.id))


def test_what_all_rows_share_is_said_once_and_each_row_gives_its_most_telling_reason():
    board = board_of(
        [listed(1, [SUGGESTED, OVERTURNED, MAYBE]), listed(2, [SUGGESTED, OVERTURNED, DISAGREE, MAYBE])]
    )
    assert (board.label, board.rather, board.kind, board.evidence) == (BEE, FLY, "lookalike", "votes")
    assert (board.reasons, board.is_one_pair, board.is_left) == ([SUGGESTED, OVERTURNED], True, False)
    assert [row.reason for row in board.rows] == [[], [DISAGREE]]


def test_mixed_rows_say_their_taxa_and_share_nothing_that_differs():
    rows = [
        listed(1, [OVERTURNED, DISAGREE]),
        listed(2, [SUGGESTED, MAYBE], label=WASP, evidence="records"),
        listed(3, [{"code": "text", "text": "Old."}, LEFT], rather=None),
        listed(4, [OVERTURNED, MAYBE]),
    ]
    board = board_of(rows)
    assert (board.label, board.rather, board.evidence, board.reasons) == (None, None, "", [])
    assert [row.reason[0]["code"] for row in board.rows] == ["disagree", "suggested", "text", "overturned"]
    assert [row.pair for row in board.rows] == ["1-2", "3-2", "1-", "1-2"]
    assert [row.is_left for row in board.rows] == [False, False, True, False]
    assert [pair.key for pair in board.pairs] == ["1-2", "3-2", "1-"]
    assert board.pairs[2] == Pair("1-", Reference(BEE, rows[2].label_photo), None)


def test_photos_to_compare_with_belong_to_the_board():
    board = board_of([listed(1, [], photo="cc0")])
    assert [photo.photo_id for photo in board.photos if photo] == [None, 1, None][:2]
    assert (board.pairs[0].has_photo, board.has_pictures) == (True, True)


def test_photos_that_are_only_linked_make_no_pictures():
    assert not board_of([listed(1, [], photo="")]).has_pictures


def test_an_empty_board_shares_nothing():
    board = board_of([])
    assert (board.rows, board.pairs, board.label, board.reasons, board.is_left) == ([], [], None, [], False)
