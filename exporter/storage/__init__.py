"""Where a lake's files lie: a folder on this machine, or a prefix of a bucket in an object store.

`storage_of` chooses by the form of the lake's address. `interface` says what a storage does; `local` and
`objects` do it, the latter by the requests in `bucket`, with paths from `store_path` and turns from `lease`.
"""

from typing import Any

from exporter.errors import DataError
from exporter.storage.interface import Address, LakePath, LostRaceError, Storage, below
from exporter.storage.local import LocalStorage

__all__ = ["Address", "LakePath", "LostRaceError", "Storage", "below", "is_store", "storage_of"]

_SCHEME = "s3://"


def is_store(address: object) -> bool:
    """Return whether this is the address of an object store, not a folder."""
    return str(address).startswith(_SCHEME)


def storage_of(address: Address) -> Storage[Any]:
    """Return the storage of a lake. DataError if no lake can have this address; nothing is looked up."""
    if not is_store(address):
        return LocalStorage(address)
    try:
        from exporter.storage.objects import ObjectStorage
    except ImportError as error:
        raise DataError(
            f"{address}: a lake in an object store needs {error.name}: install it with"
            " `pip install --require-hashes -r locks/store.txt`"
        ) from None
    return ObjectStorage(str(address))
