# Fixture: verdicts of datatrove 0.10.1 (spaCy 3.8.18, blank English) on shared documents (by number) and on generated ones.
# python verdicts.py SHARED_DATA > verdicts.json
import json, hashlib, random, sys
from datatrove.data import Document
from datatrove.pipeline.filters import *
from datatrove.pipeline.filters.c4_filters import C4ParagraphFilter
from datatrove.pipeline.filters.fineweb_quality_filter import FineWebQualityFilter
from datatrove.utils.text import split_into_words, split_into_sentences, TERMINAL_PUNCTUATION
R = sys.argv[1] + '/pretrain/'
fs={'gopherQuality':GopherQualityFilter(),'gopherRepetition':GopherRepetitionFilter(),'c4':C4QualityFilter(),'c4NoPunct':C4QualityFilter(filter_no_terminal_punct=False),'mc4':C4ParagraphFilter(),'fineweb':FineWebQualityFilter()}
def judge(t):
    out={}
    for k,f in fs.items():
        d=Document(text=t,id='0')
        try: r=f.filter(d)
        except Exception as e: r=(False,'error '+type(e).__name__)
        out[k]=True if r is True else r[1]
        if k=='c4' and r is True: out['c4Text']=hashlib.sha256(d.text.encode()).hexdigest()[:16]
    out['words']=len(split_into_words(t)) if t else 0
    return out
real=[json.loads(l)['text'] for l in open(R+'web-and-wiki-demo/c4_demo.jsonl')]
wiki=[l.rstrip('\n') for l in open(R+'web-and-wiki-demo/wiki_demo.txt')]
try: wiki=[json.loads(l)['text'] for l in open(R+'web-and-wiki-demo/wiki_demo.txt')]
except Exception: pass
wt=open(R+'wikitext-2/valid.txt').read(); wtd=[wt[i:i+4000] for i in range(0,len(wt),4000)]
random.seed(7)
S=["The hen sat on the egg and would not move.","Why did the farmer have to wait with the others?","We count what is there, and that is all!","It was raining; they went home.","She doesn't know Dr. Brown's address (yet).","Prices rose by 5% to $12.50 in 2024.","“That,” he said, “is the end of it.”","See example.com/a?b=1 for more...","Eggs, flour & milk: mix well.","I can't believe it's 10am already."]
para=lambda n: ' '.join(random.choice(S) for _ in range(n))
gen=[]
def g(name,t): gen.append((name,t))
for n in (1,3,5,8,12,20): g(f'para{n}',para(n)); g(f'lines{n}','\n'.join(random.choice(S) for _ in range(n)))
g('empty',''); g('space','  \n \n'); g('signs','... !!! ### --- ,,, '*20)
g('hashes',para(10)+' #'*20); g('ellipsis','...\n'.join(random.choice(S)[:-1] for _ in range(20))+'...'); g('ellipsisSign','…\n'.join(random.choice(S)[:-1] for _ in range(20))+'…')
g('bullets','\n'.join('- '+random.choice(S) for _ in range(12))); g('bullets2','\n'.join('• '+random.choice(S) for _ in range(12)))
g('numbers',' '.join(str(random.randint(1,99999)) for _ in range(200))); g('longwords',' '.join('Donaudampfschifffahrt'*2 for _ in range(80))); g('short words','a b c d e f g h i j '*20)
g('nostop','Quick brown foxes jump over lazy dogs every single morning. '*8)
g('repeat',('The same line again and again. \n')*30); g('repeatpara',('The same paragraph, twice or more.\n\n')*12); g('repeatwords','egg hen '*100); g('ngram',' '.join(['one two three four five six seven eight nine ten']*8)+' '+para(10))
g('lorem',para(6)+'\nLorem ipsum dolor sit amet, consectetur.'); g('loremNoStop',para(6)+'\nLorem ipsum dolor sit amet'); g('curly',para(6)+'\nfunction f() { return 1; }.'); g('curlyNoStop',para(6)+'\nfunction f() { return 1 }')
g('policy',para(8)+'\nThis site uses cookies to work.\nRead our privacy policy now.\nYou need JavaScript to see this.'); g('citation',para(8)+' It is known.[1]\nMore is known.[citation needed]\nEven more is here.[12]')
g('longword',para(8)+'\n'+'x'*1001+' is a long word here.'); g('few',S[0]+'\nTwo words.\n'+S[1]+'\nYes.\n'+S[2])
g('list','\n'.join(random.choice(['Eggs','Milk','Flour','Salt','Sugar']) for _ in range(40))); g('shortlines','\n'.join(random.choice(S)[:25]+'.' for _ in range(30))); g('nopunct','\n'.join(random.choice(S)[:-1] for _ in range(30)))
g('mc4',"\n".join(para(8) for _ in range(3))); g('mc4two',"\n".join(para(8) for _ in range(2))); g('astral','𝒜𝒷𝒸 '*60+para(5)); g('emoji','🙂 the egg and the hen 🙂🙃 with that '*30); g('cr','\r\n'.join(S)*2); g('tabs','\t'.join(S)*3); g('u2028','\u2028'.join(S)*2)
g('german','Das Ei und die Henne sitzen auf dem Dach und warten auf den Morgen. '*10); g('japanese','吾輩は猫である。名前はまだ無い。\n'*12); g('arabic','البيضة والدجاجة على السطح؟ نعم۔ '*15); g('mixed',para(3)+'\n\n'+'吾輩は猫である。'*20+'\n\n'+para(4))
g('quotes',"'Tis the season, y'all! Rock'n'roll's here; ma'am, we've gone. "*8); g('urls','http://www.example.com/x see www.test.org, mail a@b.co and U.S.A. vs. U.K. e.g. i.e. etc. '*8); g('units','5kg 10km 3pm 12am 20°C. $5 €7 10% 1,000.50 3-4 2024-01-02 a/b and/or x=y '*8)
for i in range(25):
    parts=[]
    for _ in range(random.randint(2,14)):
        s=random.choice(S); 
        if random.random()<.2: s=s*random.randint(2,6)
        if random.random()<.15: s=s.upper()
        if random.random()<.15: s='- '+s
        if random.random()<.1: s=s[:random.randint(3,20)]
        parts.append(s)
    g(f'random{i}',random.choice(['\n','\n\n',' ']).join(parts))
KEYS = [*fs, 'c4Text']
row = lambda j: [j.get(k) for k in KEYS]
out = {'peer': 'datatrove 0.10.1 with spaCy 3.8.18 (blank English), default options; c4NoPunct with filter_no_terminal_punct=False',
       'command': 'python verdicts.py SHARED_DATA > verdicts.json', 'columns': KEYS,
       'c4_demo': [row(judge(t)) for t in real], 'wiki_demo': [row(judge(t)) for t in wiki], 'wikitext': [row(judge(t)) for t in wtd],
       'generated': [{'name': n, 'text': t, 'words': judge(t)['words'], 'verdicts': row(judge(t))} for n, t in gen]}
json.dump(out, sys.stdout, ensure_ascii=False, separators=(',', ':'))
