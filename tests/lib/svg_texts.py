#!/usr/bin/env python3
"""svg_texts.py FILE: an SVG of `labctl graph` has a title and a description, and its texts, as wide as
a usual font makes them, lie apart from each other and inside of the picture."""
import sys
import xml.etree.ElementTree as tree

SVG = "{http://www.w3.org/2000/svg}"
NARROW, WIDE = "fijlt.,:;'|!()[]/ ", "mwMW@%"


def width(text, size, bold):
    """An estimate of its own, not labctl's: narrower than DejaVu Sans, wider than Arial."""
    ems = sum(0.34 if c in NARROW else 0.86 if c in WIDE else 0.62 for c in text)
    return ems * size * (1.05 if bold else 1)


def area(text):
    name = "name" in (text.get("class") or "").split()
    size = 14 if name else 12
    x, y = float(text.get("x")), float(text.get("y"))
    return x, y - size * 0.8, x + width(text.text, size, name), y + size * 0.2


def main():
    root = tree.parse(sys.argv[1]).getroot()
    assert root.get("role") == "img" and root.find(SVG + "title").text and root.find(SVG + "desc").text
    left, top, w, h = map(float, root.get("viewBox").split())
    texts = [(area(t), t.text) for t in root.iter(SVG + "text")]
    faults = [f"outside: {s}" for a, s in texts
              if a[0] < left or a[1] < top or a[2] > left + w or a[3] > top + h]
    for i, (a, s) in enumerate(texts):
        faults += [f"'{s}' lies on '{t}'" for b, t in texts[:i]
                   if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]]
    print("\n".join(faults) or f"{len(texts)} texts, all apart")
    return bool(faults)


sys.exit(main())
