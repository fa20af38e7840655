"""A taxon's ancestors as they are stored: ids from the root on, "/" between them."""


def ids_in(ancestry: str) -> list[int]:
    """The ids, the root's first; none for a root."""
    return [int(part) for part in ancestry.split("/") if part]
