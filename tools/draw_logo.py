"""Draw the book's logo: `python tools/draw_logo.py` writes it into `_static`, as icon, SVG and PNG.

An hourglass of layers, wide at the image, narrow at the code, wide at the reconstruction, over a ruler.
"""

import io
from pathlib import Path

from PIL import Image, ImageDraw

STATIC = Path(__file__).parents[1] / "_static"
BLUE, ORANGE = "#0072b2", "#d55e00"  # of the book's figures
TITLE = "An hourglass of layers: encoder, code, decoder"
HALF_HEIGHTS = (13, 9, 5, 3, 5, 9, 13)  # of the layers, image to image

# Rectangles (left, top, width, height, colour) in a field 32 wide and 40 high; the icon is its upper square.
LAYERS = [
    (2 + 4 * i, 16 - half, 3, 2 * half, ORANGE if i == len(HALF_HEIGHTS) // 2 else BLUE)
    for i, half in enumerate(HALF_HEIGHTS)
]
RULER = [(2, 33, 27, 1, BLUE), *((2 + 2.6 * i, 33, 1, 2.5 + 2.5 * (i % 5 == 0), BLUE) for i in range(11))]


def as_svg(rectangles, height: int) -> bytes:
    """Return rectangles as an SVG file, 32 wide."""
    drawn = "".join(
        f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" fill="{colour}"/>'
        for x, y, w, h, colour in rectangles
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 {height}"><title>{TITLE}</title>'
    return f"{head}{drawn}</svg>\n".encode()


def as_png(rectangles, scale: int = 10) -> bytes:
    """Return rectangles as a PNG file, `scale` pixels a field, for social cards, which take no SVG."""
    picture = Image.new("RGBA", (32 * scale, 40 * scale))
    pen = ImageDraw.Draw(picture)
    for x, y, w, h, colour in rectangles:
        pen.rectangle([x * scale, y * scale, (x + w) * scale - 1, (y + h) * scale - 1], fill=colour)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def drawings() -> dict[str, bytes]:
    """Return the files' names and what is in them."""
    logo = LAYERS + RULER
    return {"favicon.svg": as_svg(LAYERS, 32), "logo.svg": as_svg(logo, 40), "logo.png": as_png(logo)}


if __name__ == "__main__":
    for name, drawing in drawings().items():
        (STATIC / name).write_bytes(drawing)
