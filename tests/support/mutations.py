"""Every kind of tampering, and of honest editing, in one table: what it does, and the right answer to it."""

from __future__ import annotations

import hostile_contents
import hostile_honest
import hostile_packages
import hostile_sheets
import hostile_written
import hostile_x14
from hostile_book import Kind

KINDS: tuple[Kind, ...] = (
    *hostile_contents.KINDS,
    *hostile_sheets.KINDS,
    *hostile_packages.KINDS,
    *hostile_honest.KINDS,
    *hostile_x14.KINDS,
    *hostile_written.KINDS,
)
BY_NAME = {kind.name: kind for kind in KINDS}
