"""Small files by other programs, and what stands in them: judges of abovo's readers.

pip install python-docx==1.2.0 openpyxl==3.1.5 ebooklib==0.20 reportlab==5.1.0 pypdf==7.1.1 pyarrow==26.0.1
python make.py   # in this folder; zstd 1.5 on PATH
"""
import bz2, datetime, gzip, io, json, random, subprocess, tarfile, zipfile
import docx, ebooklib, openpyxl, pyarrow, pypdf, reportlab
import pyarrow.parquet
from ebooklib import epub
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Spacer

words = (
    'a hen lays brown eggs in the straw while the farmer counts them twice and writes the number into a book '
    'that nobody reads because everyone knows how many hens there are on this small farm by the long river'
).split()


def prose(start, length):
    chosen = random.Random(start).choices(words, k=length)
    return ' '.join(chosen).capitalize() + f' end{start}.'


# Two columns with a running header and page numbers, by reportlab.
paragraphs = [prose(i, 60 + 11 * (i % 5)) for i in range(24)]
style = getSampleStyleSheet()['BodyText']
style.fontSize, style.leading = 10, 12.5


def furniture(canvas, document):
    canvas.setFont('Helvetica', 8)
    canvas.drawString(60, 810, 'Annals of Egg Science')
    canvas.drawRightString(535, 810, 'Vol. 7')
    canvas.drawCentredString(297, 30, str(document.page))


template = BaseDocTemplate('columns.pdf', pagesize=A4, title='On Eggs', author='A. Hen', invariant=1)
frames = [Frame(60, 60, 225, 730, id='left'), Frame(310, 60, 225, 730, id='right')]
template.addPageTemplates(PageTemplate(frames=frames, onPage=furniture))
story = []
for text in paragraphs:
    story += [Paragraph(text, style), Spacer(1, 6)]
template.build(story)

locked = pypdf.PdfWriter(clone_from='columns.pdf')
locked.encrypt('open sesame', algorithm='RC4-128')
locked.write('locked.pdf')

# Word
document = docx.Document()
document.core_properties.title = 'Farm report'
document.core_properties.author = 'A. Hen'
document.core_properties.created = document.core_properties.modified = datetime.datetime(2024, 3, 5, 12, 0, 0)
document.add_heading('Farm report', 1)
document.add_paragraph('Eggs & hens, über 100 of them.')
document.add_paragraph('brown', style='List Bullet')
document.add_paragraph('white', style='List Bullet')
table = document.add_table(rows=3, cols=2)
for i, row in enumerate([('hen', 'eggs'), ('Berta', '7'), ('Frida | the old', '3')]):
    for j, cell in enumerate(row):
        table.cell(i, j).text = cell
document.add_heading('Outlook', 2)
document.add_paragraph('More straw.')
document.save('report.docx')

# Excel
book = openpyxl.Workbook()
sheet = book.active
sheet.title = 'Eggs'
sheet.append(['day', 'hen', 'eggs', 'weight', 'fresh'])
sheet.append([datetime.date(2024, 2, 29), 'Berta', 2, 0.1 + 0.2, True])
sheet.append([datetime.datetime(2024, 3, 1, 6, 30), 'Frida', 1, 55.5, False])
sheet['A2'].number_format = 'dd/mm/yyyy'
second = book.create_sheet('Totals')
second['B2'] = 'sum'
second['C2'] = 3
hidden = book.create_sheet('secret')
hidden['A1'] = 'not shown'
hidden.sheet_state = 'hidden'
book.properties.created = book.properties.modified = datetime.datetime(2024, 3, 5)
book.save('eggs.xlsx')

# EPUB; the third chapter of the manifest is the first of the spine
novel = epub.EpubBook()
novel.set_identifier('egg-1')
novel.set_title('The Egg')
novel.set_language('en')
novel.add_author('A. Hen')
chapters = []
for i, (name, body) in enumerate(
    [('One', '<p>First&#160;chapter, <em>quite</em> short.</p>'), ('Two', '<ul><li>a</li><li>b</li></ul>'), ('Preface', '<p>Before all.</p>')]
):
    chapter = epub.EpubHtml(title=name, file_name=f'c{i}.xhtml', lang='en')
    chapter.content = f'<h1>{name}</h1>{body}'
    novel.add_item(chapter)
    chapters.append(chapter)
novel.add_item(epub.EpubNcx())
novel.add_item(epub.EpubNav())
novel.spine = ['nav', chapters[2], chapters[0], chapters[1]]
epub.write_epub('egg.epub', novel)

# Parquet in three row groups
rows = [{'text': f'row {i} about eggs', 'n': i, 'day': datetime.date(2024, 1, 1 + i), 'tags': ['a', str(i)]} for i in range(7)]
for codec in ['snappy', 'zstd', 'gzip', 'brotli', 'lz4']:
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), f'rows.{codec}.parquet', row_group_size=3, compression=codec)

# Compressed, two members each
lines = [json.dumps({'id': str(i), 'text': f'line {i}'}) + '\n' for i in range(6)]
halves = [''.join(lines[:3]).encode(), ''.join(lines[3:]).encode()]
open('lines.jsonl.gz', 'wb').write(b''.join(gzip.compress(half, mtime=0) for half in halves))
open('lines.jsonl.bz2', 'wb').write(b''.join(bz2.compress(half) for half in halves))
zstd = lambda data: subprocess.run(['zstd', '-c', '-q'], input=data, stdout=subprocess.PIPE, check=True).stdout
open('lines.jsonl.zst', 'wb').write(b''.join(map(zstd, halves)))

long = 'a-very-long-folder-name/' * 6 + 'eggs.txt'
with tarfile.open('mixed.tar.gz', 'w:gz', format=tarfile.PAX_FORMAT) as tar:
    for name, data in [('b.txt', b'second'), ('a.jsonl', halves[0]), (long, b'deep'), ('../out.txt', b'no')]:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
    link = tarfile.TarInfo('link')
    link.type, link.linkname = tarfile.SYMTYPE, '/etc/passwd'
    tar.addfile(link)
with tarfile.open('gnu.tar', 'w', format=tarfile.GNU_FORMAT) as tar:
    info = tarfile.TarInfo(long)
    info.size = 4
    tar.addfile(info, io.BytesIO(b'deep'))
with zipfile.ZipFile('mixed.zip', 'w', zipfile.ZIP_DEFLATED) as archive:
    archive.writestr('b/two.md', '---\ntitle: Two\ndate: 2024-01-02\n---\n\n# Head\n\nsecond\n')
    archive.writestr('a.txt', 'first')
    archive.writestr('../../evil.txt', 'no')
    with archive.open('c.jsonl', 'w', force_zip64=True) as entry:
        entry.write(halves[1])

json.dump({
    'made': f'python-docx {docx.__version__ if hasattr(docx, "__version__") else "1.2.0"}, openpyxl {openpyxl.__version__}, '
            f'ebooklib {".".join(map(str, ebooklib.VERSION))}, reportlab {reportlab.__version__}, pypdf {pypdf.__version__}, pyarrow {pyarrow.__version__}: python make.py',
    'paragraphs': paragraphs,
}, open('expected.json', 'w'), indent=1, ensure_ascii=False)
