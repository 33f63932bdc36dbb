"""Hooks of ``mkdocs.yml``: pages that stand elsewhere in the repository, links between them, formulas.

A page is written once, for readers of the repository. The site takes READMEs and the changelog from
where they are, makes the pages of the API from the docstrings, and turns links to files into links to
their pages. A link to a file without a page becomes one to ``repo_url``, or plain text without it.
"""

from __future__ import annotations

import html
import os
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = 'docs'
ELSEWHERE = {
    'README.md': 'index.md',
    'CHANGELOG.md': 'changelog.md',
    'CONTRIBUTING.md': 'contributing.md',
    'configs/README.md': 'configs.md',
    'results/README.md': 'results.md',
}
# of the API: parts of the package, by their folders
PARTS = (
    'models/losses',
    'models/necks',
    'models/heads',
    'models/recognizers',
    'models/backbones',
    'models/preprocessors',
    'models/utils',
    'datasets',
    'datasets/transforms',
    'engine',
    'evaluation',
    'reporting',
    'study',
    'video',
)
LINK = re.compile(r'(?P<text>!?\[(?:[^][]|\[[^]]*\])*\])\((?P<target>[^)\s]+)\)')
FENCE = re.compile(r'(^ *```.*?^ *```)', re.DOTALL | re.MULTILINE)
FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)


def pages() -> dict[str, str]:
    """Pages of the site by the file that they are written in, both with slashes."""
    methods = sorted((REPOSITORY / 'configs').glob('*/README.md'))
    readmes = {f'configs/{path.parent.name}/README.md': path.parent.name for path in methods}
    own = (path.relative_to(REPOSITORY / DOCS) for path in (REPOSITORY / DOCS).rglob('*.md'))
    return (
        ELSEWHERE
        | {file: f'methods/{name}.md' for file, name in readmes.items()}
        | {f'{DOCS}/{path.as_posix()}': path.as_posix() for path in own}
    )


def modules(part: str) -> list[str]:
    """Modules of a part of the package, but for those that are its own affair."""
    files = sorted((REPOSITORY / 'mlfo_mm' / part).glob('[!_]*.py'))
    return [f'mlfo_mm/{part}/{path.name}' for path in files]


def api_pages() -> dict[str, str]:
    """Text of the API's pages by their address."""
    links = [f'- [{part}]({part.replace("/", "_")}.md)' for part in PARTS]
    texts = {'api/index.md': '# API\n\n' + '\n'.join(links) + '\n\n::: mlfo_mm.api\n'}
    for part in PARTS:
        names = [file.removesuffix('.py').replace('/', '.') for file in modules(part)]
        body = '\n'.join(f'::: {name}\n' for name in names)
        texts[f'api/{part.replace("/", "_")}.md'] = f'# mlfo_mm/{part}\n\n{body}'
    return texts


def on_files(files: Files, *, config: Any) -> Files:
    """Add the pages that are not in ``docs/``, and the pictures that pages show."""
    from mkdocs.structure.files import File

    for file, page in pages().items():
        if not file.startswith(f'{DOCS}/'):
            text = (REPOSITORY / file).read_text(encoding='utf-8')
            files.append(File.generated(config, page, content=text))
    for page, text in api_pages().items():
        files.append(File.generated(config, page, content=text))
    for path in sorted((REPOSITORY / 'configs').glob('*/*.svg')):
        files.append(File.generated(config, f'methods/{path.name}', abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: Any, files: Files) -> str:
    """Turn links to files of the repository into links to their pages."""
    source = {address: file for file, address in pages().items()}.get(page.file.src_uri)
    if source is None:
        return markdown
    known = targets()

    def linked(found: re.Match[str]) -> str:
        text, target = found['text'], found['target']
        if re.match(r'[a-z]+:|#', target):
            return found[0]
        path, _, anchor = target.partition('#')
        file = os.path.normpath(PurePosixPath(source).parent / path)
        if file in known:
            address = known[file].partition('#')
            there = os.path.relpath(address[0], PurePosixPath(page.file.src_uri).parent)
            anchor = anchor or address[2]
            return f'{text}({there}{"#" + anchor if anchor else ""})'
        if config.repo_url:
            return f'{text}({config.repo_url.rstrip("/")}/blob/HEAD/{file})'
        return text.lstrip('!')[1:-1]

    parts = FENCE.split(markdown)  # blocks of code stand at the odd places
    return ''.join(
        part if place % 2 else LINK.sub(linked, part) for place, part in enumerate(parts)
    )


def targets() -> dict[str, str]:
    """Address of what shows a file: its page, the picture, or its module on a page of the API."""
    svgs = (REPOSITORY / 'configs').glob('*/*.svg')
    pictures = {f'configs/{path.parent.name}/{path.name}': f'methods/{path.name}' for path in svgs}
    pictures |= {f'{DOCS}/{path.name}': path.name for path in (REPOSITORY / DOCS).glob('*.png')}
    sources = {
        file: f'api/{part.replace("/", "_")}.md#{file.removesuffix(".py").replace("/", ".")}'
        for part in PARTS
        for file in modules(part)
    }
    return sources | pictures | pages()


def on_page_content(content: str, *, page: Page, config: Any, files: Files) -> str:
    """Write formulas as MathML, which browsers draw without a script."""
    from latex2mathml.converter import convert

    def drawn(found: re.Match[str]) -> str:
        display = 'block' if found[1] == 'div' else 'inline'
        return convert(html.unescape(found[2]).strip(), display=display)

    return FORMULA.sub(drawn, content)
