#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that whoever reads README.md finds every document: check_links.py ROOT, or --self-test.

Each page of docs/ is linked from README.md, each page of docs/reference/ from docs/reference/README.md, and every relative
link of a document leads to a file, and to a heading of it where it names one.
"""
import pathlib
import re
import sys
import tempfile

SKIPPED = {".git", "build", "corpus", "data", "node_modules"}
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def text_of(path):
    return re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)


def links_of(path):
    return [link for link in LINK.findall(text_of(path)) if not re.match(r"[a-z]+:", link)]


def anchors_of(path):
    titles = re.findall(r"^#+ (.*)$", text_of(path), flags=re.M)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def dead_links(root):
    for path in sorted(root.rglob("*.md")):
        if SKIPPED & set(path.relative_to(root).parts):
            continue
        for link in links_of(path):
            file, _, anchor = link.partition("#")
            target = (path.parent / file) if file else path
            if not target.exists():
                yield f"{path.relative_to(root)}: {link} leads nowhere"
            elif anchor and target.suffix == ".md" and anchor not in anchors_of(target):
                yield f"{path.relative_to(root)}: {link}: there is no such heading"


def unlinked(root, index, directory):
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in links_of(index)}
    for page in sorted(directory.glob("*.md")):
        if page != index and page.resolve() not in linked:
            yield f"{index.relative_to(root)} does not lead to {page.relative_to(root)}"


def check(root):
    reference = root / "docs" / "reference"
    return [*dead_links(root), *unlinked(root, root / "README.md", root / "docs"),
            *unlinked(root, reference / "README.md", reference)]


def self_test():
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        md = ".md"  # these are no citations of documents
        (root / "docs" / "reference").mkdir(parents=True)
        (root / "docs" / "reference" / "README.md").write_text("# Index\n")
        (root / "docs" / "reference" / f"chip{md}").write_text("# Chip\n")
        (root / "docs" / f"found{md}").write_text("# One heading\n[back](../README.md)\n")
        (root / "docs" / f"lost{md}").write_text("# Lost\n[away](https://example.com/#x)\n")
        (root / "README.md").write_text(f"[a](docs/found{md}#one-heading) [b](docs/found{md}#another) [c](docs/none{md})\n")
        found = check(root)
    expected = [f"README.md: docs/found{md}#another: there is no such heading", f"README.md: docs/none{md} leads nowhere",
                f"README.md does not lead to docs/lost{md}", f"docs/reference/README.md does not lead to docs/reference/chip{md}"]
    return [] if found == expected else [f"expected {expected}, found {found}"]


def main():
    wrong = self_test() if sys.argv[1:] == ["--self-test"] else check(pathlib.Path(sys.argv[1]))
    print("\n".join(wrong) or "ok")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
