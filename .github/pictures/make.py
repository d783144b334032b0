"""Make the pictures of the README: each sheet of a filled workbook, 数据填报 of a blank one, the panel without Excel and with.

    .venv/bin/pip install -q pillow && .venv/bin/python .github/pictures/make.py

Pillow is used by this script only. LibreOffice prints the workbooks, pdftoppm (poppler-utils) turns the pages into
pictures; the footer of a page tells which sheet it belongs to, so the script knows nothing of the layout. The panel is
shown by Xvfb: after a folder was checked, and before the tests' stand-in for Excel.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import tkinter
from pathlib import Path
from typing import Any

import xlwings
import yaml
from PIL import Image, ImageChops, ImageGrab, ImageOps

from xl_kpi import api, demo
from xl_kpi.addin.actions import ACTIONS
from xl_kpi.addin.panel import Panel
from xl_kpi.xlsx.save import save

HERE = Path(__file__).resolve().parent
SCHEME = "zaozhuang-cdc-2022"
TESTS = HERE.parent.parent / "tests"
CASES = TESTS / "cases" / f"{SCHEME}.yaml"
CASE = "典型"
SHEETS = {
    "封面": "cover",
    "考核表": "form",
    "数据填报": "entry",
    "汇总": "summary",
    "核对": "checks",
    "评分规则": "rules",
}
DPI = 150
FOOTER = round(0.68 * DPI)  # the bottom margin of every sheet, where the footer stands
WIDTH, TALLEST, EDGE, LARGEST = 880, 760, 10, 150_000  # pixels, pixels, pixels, bytes


def main() -> None:
    """Write every picture anew, and say how large each is."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        blank, filled = folder / "blank.xlsx", folder / "filled.xlsx"
        scheme = api.scheme(SCHEME)
        save(blank, api.build(scheme))
        save(filled, api.fill(blank, answers()))
        save(filled, api.fill(filled, {"stage": "review", "answers": {"t05.satisfied": 0.955, "t12.drills": 2}}))
        save(filled, api.recalculated(filled))
        pages = printed(filled, folder)
        for sheet, name in SHEETS.items():
            picture(pages[sheet], HERE / f"{name}.png")
        picture(printed(blank, folder)["数据填报"], HERE / "entry-blank.png")
        panels(filled.rename(folder / api.filename(scheme, scheme.unit)), folder / "收回")


def answers() -> dict[str, Any]:
    """A typical year, with one answer left out and one mistyped, so that the pictures show what that looks like."""
    cases = {case["name"]: case for case in yaml.safe_load(CASES.read_text(encoding="utf-8"))}
    case = cases[CASE]
    values = cases[case["base"]]["answers"] | case["answers"] if "base" in case else dict(case["answers"])
    return values | {"t03.accidents": "无", "t04.mass": None}


def panels(workbook: Path, folder: Path) -> None:
    """The panel without Excel, and with; on one screen, since Tk does not let go of a screen."""
    sys.path.append(str(TESTS / "addin"))
    from desk import screen
    from fake_excel import installed

    with screen():
        panel_without_excel(folder, HERE / "panel-files.png")
        with installed():
            panel(workbook, HERE / "panel.png")


def panel(workbook: Path, target: Path) -> None:
    """The panel once it has checked a workbook open in Excel, the longest message selected."""
    xlwings.App().books.open(workbook)
    root = tkinter.Tk()
    shown = Panel(root)
    root.geometry("+0+0")
    root.update()
    shown.do("check")
    tree = shown.results.findings
    tree.selection_set(max(tree.get_children(), key=lambda row: len(str(tree.set(row, "message")))))
    grabbed(root, target)


def panel_without_excel(folder: Path, target: Path) -> None:
    """The panel once it has checked a folder of files that came back, on a machine without Excel."""
    folder.mkdir()
    for path in demo.filled(folder):
        print(path.name)
    (folder / "通知.xlsx").write_bytes(b"")
    root = tkinter.Tk()
    shown = Panel(root)
    root.geometry("+0+0")
    root.update()
    shown.run(next(action for action in ACTIONS if action.name == "folder"), {"folder": folder})
    while shown.job is not None:
        root.update()
        time.sleep(0.01)
    grabbed(root, target)


def grabbed(root: tkinter.Tk, target: Path) -> None:
    """A window as a picture; the window is closed."""
    root.update()
    size = (0, 0, root.winfo_width(), root.winfo_height())
    image = ImageGrab.grab(size, xdisplay=os.environ["DISPLAY"])
    root.destroy()
    image = ImageOps.expand(image, 1, "grey")
    image.quantize(64, dither=Image.Dither.NONE).save(target, optimize=True)
    print(f"{target.name}: {image.width} x {image.height}, {target.stat().st_size // 1000} kB")


def printed(workbook: Path, folder: Path) -> dict[str, Path]:
    """The first page of each sheet as a picture."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    run("soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(workbook))
    pdf = workbook.with_suffix(".pdf")
    texts = run("pdftotext", "-layout", str(pdf), "-").split("\f")
    pages: dict[str, Path] = {}
    for number, text in enumerate(texts, 1):
        footer = (text.strip().splitlines() or [""])[-1]
        sheet = next((name for name in SHEETS if footer.strip().startswith(name)), None)
        if sheet is None or sheet in pages:
            continue
        target = folder / f"{workbook.stem}-{number}"
        one = ("-f", str(number), "-l", str(number), "-singlefile")
        run("pdftoppm", "-r", str(DPI), "-png", *one, str(pdf), str(target))
        pages[sheet] = target.with_suffix(".png")
    return pages


def run(*command: str) -> str:
    """What a program prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=180).stdout


def picture(page: Path, target: Path) -> None:
    """The top of a page without its margins and footer, small."""
    image = Image.open(page).convert("RGB")
    image = image.crop((0, 0, image.width, image.height - FOOTER))
    margin = ImageChops.difference(image, Image.new("RGB", image.size, "white")).getbbox()
    image = image.crop(margin)
    image = image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)
    image = image.crop((0, 0, WIDTH, min(image.height, TALLEST)))
    image = ImageOps.expand(image, EDGE, "white")
    for colours in (64, 32, 16, 8):
        image.quantize(colours, dither=Image.Dither.NONE).save(target, optimize=True)
        if target.stat().st_size < LARGEST:
            break
    print(f"{target.name}: {image.width} x {image.height}, {target.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
