"""FAQ files: importing them into the store and exporting it again."""

from index.exchange.exporter import export_pairs
from index.exchange.importer import ImportResult, import_files
from index.exchange.rejects import Rejection

__all__ = ["ImportResult", "Rejection", "export_pairs", "import_files"]
