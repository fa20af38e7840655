"""Tools of those who work on Leafline: catalogues of translations, checks of documents, pictures of pages."""
