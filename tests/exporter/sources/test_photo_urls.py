"""What the address of a photo says."""

import pytest

from exporter.sources.photo_urls import PhotoAddress, photo_address

OPEN_DATA = "https://inaturalist-open-data.s3.amazonaws.com/photos"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        (f"{OPEN_DATA}/4307/medium.jpg", PhotoAddress("open-data", 4307, "jpg")),
        (f"{OPEN_DATA}/130636/medium.JPG", PhotoAddress("open-data", 130636, "JPG")),
        (f"{OPEN_DATA.replace('https:', '')}/7/original.jpeg?1", PhotoAddress("open-data", 7, "jpeg")),
        (
            "http://inaturalist-open-data.s3.us-east-1.amazonaws.com/photos/7/large.png",
            PhotoAddress("open-data", 7, "png"),
        ),
        (
            "https://static.inaturalist.org/photos/251555/square.jpeg?1360772341",
            PhotoAddress("static", 251555, "jpeg"),
        ),
        # With blanks around it, and as long as an id and an extension may be.
        (f" {OPEN_DATA}/4307/medium.jpg ", PhotoAddress("open-data", 4307, "jpg")),
        (f"{OPEN_DATA}/{'9' * 15}/medium.abcde", PhotoAddress("open-data", 10**15 - 1, "abcde")),
        (f"{OPEN_DATA}/{'9' * 16}/medium.jpg", PhotoAddress("elsewhere")),
        (f"{OPEN_DATA}/4307/medium.abcdef", PhotoAddress("elsewhere", 4307)),
        (f"{OPEN_DATA.upper()}/4307/medium.jpg", PhotoAddress("elsewhere")),
        (
            f"{OPEN_DATA.replace('amazonaws.com', 'AMAZONAWS.com:443')}/7/medium.jpg",
            PhotoAddress("open-data", 7, "jpg"),
        ),
        # Without an extension, or not a file of a photo, though iNaturalist has it.
        (f"{OPEN_DATA}/2/square.?1401000000", PhotoAddress("elsewhere", 2)),
        ("https://static.inaturalist.org/photos/251555/", PhotoAddress("elsewhere", 251555)),
        (f"{OPEN_DATA}/2/medium.jpg/x", PhotoAddress("elsewhere", 2)),
        ("/attachment_defaults/local_photos/square.png?1", PhotoAddress("elsewhere")),
        ("https://www.inaturalist.org/attachment_defaults/medium.png", PhotoAddress("elsewhere")),
        # Another host, whatever its path looks like.
        ("https://scontent.xx.fbcdn.net/v/l/t31.0-8/p720x720/171953_10.jpg", PhotoAddress("elsewhere")),
        ("https://example.org/photos/5/medium.jpg", PhotoAddress("elsewhere")),
        ("https://static.inaturalist.org.example.org/photos/5/medium.jpg", PhotoAddress("elsewhere")),
        (
            "https://example.org/?https://inaturalist-open-data.s3.amazonaws.com/photos/5/medium.jpg",
            PhotoAddress("elsewhere"),
        ),
        ("https://[broken/photos/5/medium.jpg", PhotoAddress("elsewhere")),
    ],
)
def test_a_photo_is_inaturalists_by_its_host_and_path(url: str, address: PhotoAddress) -> None:
    assert photo_address(url) == address


def test_what_is_not_text_is_no_address() -> None:
    with pytest.raises(ValueError, match="not an address"):
        photo_address(7)
