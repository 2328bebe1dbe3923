"""Writes ftfy.json: what ftfy makes of texts that were decoded in the wrong encoding, once or twice.

    pip install ftfy==6.3.1
    python test/golden/mojibake/make.py

The texts are the project's own sentences about eggs, in many languages.
"""
import json
from pathlib import Path

import ftfy
import ftfy.bad_codecs  # the "sloppy" encodings

texts = [
    'Das Ei war früher da, sagen die Hühner.', 'Größe, Höhe, Maß', 'Ob’s stimmt? „Ja“, sagte sie – und lächelte …',
    'L’œuf était là avant la poule, dit-on.', 'à l’été, déjà', 'El huevo llegó antes, ¿o no?', '¡Qué señal más pequeña!',
    'O ovo não é só uma questão de opinião.', 'Ägget är äldre än hönan, påstår någon.', 'Ægget er ældst, på en måde.',
    'Jajko było wcześniej, twierdzą kurczęta.', 'Vejce bylo dříve než slepice, říkají všichni.', 'A tojás előbb volt, mint a tyúk.',
    'Oul a fost înaintea găinii, și așa e.', 'Yumurta mı tavuktan çıkar, tavuk mu yumurtadan? Şüphesiz.',
    'Яйцо было раньше курицы, говорят люди.', 'Яйце було раніше, ніж курка, кажуть її діти.', 'Яйцето е било първо.',
    'Το αυγό έκανε την κότα ή η κότα το αυγό;', 'Quả trứng có trước hay con gà có trước?', 'הביצה קדמה לתרנגולת.', 'البيضة أقدم من الدجاجة.',
    '先有鸡还是先有蛋？', '卵が先か、鶏が先か。', '닭이 먼저인가 달걀이 먼저인가', 'ไข่กับไก่อะไรเกิดก่อนกัน', 'अंडा पहले आया या मुर्गी?',
    'An egg costs €0.30, or £0.25 – “cheap”, isn’t it?', 'naïve café', '5 µg at 20 °C ± 1', 'eggs 🥚 and hens 🐔', 'Ɔkɔtɔ ne akokɔ, ɛhe na ɛdii kan?',
    'Muna buɗe ƙofa da safe.', 'Eggið kom á undan hænunni, þó það.', 'Vista oli ennen, kuin kana.', 'Olu bija pirms vistas, tā šķiet.',
]
chains = [['cp1252'], ['latin-1'], ['cp1251'], ['cp1250'], ['macroman'], ['cp1252', 'cp1252'], ['latin-1', 'cp1252'], ['cp437']]
sloppy = {'cp1252': 'sloppy-windows-1252', 'cp1251': 'sloppy-windows-1251', 'cp1250': 'sloppy-windows-1250'}

cases = []
for text in texts:
    for chain in chains:
        broken = text
        for codec in chain:
            broken = broken.encode('utf-8').decode(sloppy.get(codec, codec))
        if broken != text:
            cases.append({'text': text, 'codecs': chain, 'broken': broken, 'ftfy': ftfy.fix_encoding(broken)})
right = sum(case['ftfy'] == case['text'] for case in cases)
print(f'{right} of {len(cases)}')
head = {'peer': f'ftfy {ftfy.__version__}', 'command': 'python test/golden/mojibake/make.py'}
lines = ',\n'.join(json.dumps(case, ensure_ascii=True) for case in cases)
Path(__file__).with_name('ftfy.json').write_text(json.dumps(head)[:-1] + ', "cases": [\n' + lines + '\n]}\n')
