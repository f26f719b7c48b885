"""FAQ files: importing them into the store and exporting it again."""

from index.importing.exporter import export_pairs
from index.importing.importer import ImportResult, import_files
from index.importing.rejects import Rejection

__all__ = ["ImportResult", "Rejection", "export_pairs", "import_files"]
