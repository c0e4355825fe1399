#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every citation of a document resolves: check_citations.py ROOT, or --self-test.

A citation is a document, optionally with sections or headings: `chip-i2c.md section 5.3`, `sections 1, 2 and 5 to 7`,
`bus-socket.md, "Request"`, `testing.md#faults`. Documents are looked for in docs/reference, in docs, beside the citing
file and in the root. A bare `section 5.3` belongs to a document that the same file cites, or, in code, a file of the
same name (frame.cpp and frame.hpp); after the name of a standard (RFC 8446 section 6.2) it is not looked at.
"""
import pathlib
import re
import sys
import tempfile

SKIPPED = {".git", "build", "data", "corpus", "golden", "__pycache__", "node_modules"}
CODE = {".cpp", ".hpp", ".c", ".h"}
# A line break inside a comment or a paragraph, with whatever begins the next line.
BREAK = re.compile(r"\n[ \t]*(?://+|#+(?=[ \t])|\*|\.\\\"|>)?[ \t]*")
NUMBER = r"\d+(?:\.\d+)*"
SECTIONS = rf"(?:sections? ({NUMBER}(?:(?:, (?:and )?| and | or | to ){NUMBER}(?![\w%.]*\w))*))"
TITLES = r'(?:,? ("[A-Z][^"]+"(?: and "[A-Z][^"]+")*))'
CITATION = re.compile(rf"(?<![\w*$}}{{])([\w./-]*[\w-]\.md)(?!\w)(?:#([\w-]+))?(?:`|\))?(?:,? {SECTIONS})?{TITLES}?"
                      rf"|(?<!\w){SECTIONS}")
STANDARD = re.compile(r"(RFC|FIPS|SEC|USB|X\.|MQTT|PKCS|[Ss]pecification|datasheet)(?:[ \d.,-]|version)*$")


class Document:
    def __init__(self, path):
        text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
        self.titles = re.findall(r"^#+ (.*)$", text, flags=re.M)
        self.sections = {m[1] for m in (re.match(rf"({NUMBER})\.? ", title) for title in self.titles) if m}
        self.anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in self.titles}

    def lacks(self, sections, titles, anchor):
        yield from (f"section {number}" for number in sections if number not in self.sections)
        yield from (f'heading "{title}"' for title in titles if not any(title in known for known in self.titles))
        if anchor and anchor not in self.anchors:
            yield f"#{anchor}"


class Tree:
    def __init__(self, root):
        self.root, self.known, self.texts = root, {}, {}
        for path in sorted(root.rglob("*")):
            if SKIPPED.isdisjoint(path.relative_to(root).parts) and path.is_file() \
                    and path.suffix != ".json" and path.name != pathlib.Path(__file__).name:
                try:
                    self.texts[path] = path.read_text(encoding="utf-8")
                except UnicodeDecodeError:
                    pass

    def document(self, name, citing):
        for folder in (citing.parent, self.root / "docs/reference", self.root / "docs", self.root):
            path = (folder / name).resolve()
            if path.is_file():
                return self.known.setdefault(path, Document(path))
        return None

    def cited_by(self, citing):
        """The documents to which a bare section of this file may belong."""
        texts = [(citing, self.texts[citing])]
        if citing.suffix in CODE:
            texts = [(path, text) for path, text in self.texts.items()
                     if path.stem == citing.stem and path.suffix in CODE]
        names = [(match[1], path) for path, text in texts for match in CITATION.finditer(text) if match[1]]
        documents = [self.document(name, path) for name, path in names]
        if citing.suffix == ".md":
            documents.insert(0, self.document(citing.name, citing))
        return [document for document in documents if document and document.sections]

    def problems(self, path):
        text = self.texts[path]
        flat = BREAK.sub(lambda m: " " * len(m[0]), text)  # offsets stay
        squeezed, offsets = [], []
        for at, letter in enumerate(flat):
            if letter != " " or not squeezed or squeezed[-1] != " ":
                squeezed.append(letter)
                offsets.append(at)
        flat = "".join(squeezed)
        for match in CITATION.finditer(flat):
            name, anchor, numbers, titles, bare = match.groups()
            sections = re.findall(NUMBER, numbers or bare or "")
            where = f"{path.relative_to(self.root)}:{text.count(chr(10), 0, offsets[match.start()]) + 1}"
            if bare:
                if STANDARD.search(flat[:match.start()]):
                    continue
                documents = self.cited_by(path)
                if not documents:
                    yield f"{where}: {match[0]}: of which document?"
                elif all(any(document.lacks(sections, [], None)) for document in documents):
                    yield f"{where}: {match[0]}: in no document that this file cites"
                continue
            document = self.document(name, path)
            if not document:
                yield f"{where}: {match[0]}: no such document"
            else:
                for what in document.lacks(sections, re.findall(r'"([^"]+)"', titles or ""), anchor):
                    yield f"{where}: {match[0]}: {name} has no {what}"


def self_test():
    files = {
        "docs/reference/chip.md": "# Chip\n## 1. Bus\n### 1.1 Timing\nsee section 2\n## 2. Frames\n### Recorded (A)\n",
        "src/frame.hpp": '// chip.md sections 1 and\n// 2, "Recorded"; chip.md\n// section 1.1; RFC 1 section 9\n',
        "src/frame.cpp": "// (31, section 1.1)\n// chip.md section 3\n// section 4\n",
        "src/other.cpp": '// chip.md sections 1 to\n// 7\n\n// lost.md section 1\n// chip.md, "Missing"\n',
        "src/bare.sh": "# section 1\n",
        "docs/guide.md": "[chip](reference/chip.md#1-bus) [chip](reference/chip.md#2-bus)\n",
    }
    expected = ["docs/guide.md:1", "src/bare.sh:1", "src/frame.cpp:2", "src/frame.cpp:3", "src/other.cpp:1",
                "src/other.cpp:4", "src/other.cpp:5"]
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        found = check(pathlib.Path(folder))
    if [line.split(": ")[0] for line in found] != expected:
        print("expected:", *expected, "found:", *found, sep="\n")
        return 1
    return 0


def check(root):
    tree = Tree(root.resolve())
    return [problem for path in tree.texts for problem in tree.problems(path)]


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(self_test())
    found = check(pathlib.Path(sys.argv[1]))
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)
