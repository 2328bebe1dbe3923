"""Spans and seconds of presidio-analyzer for texts in a file of JSON lines: python3 bench/peers/pii.py TEXTS.jsonl

Runs Presidio's pattern recognizers, and spaCy's names where a model is installed (none is downloaded): the last line says what ran.
"""
import json, sys, time
import presidio_analyzer
from importlib.metadata import version
import spacy
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpArtifacts, SpacyNlpEngine

models = [name for name in ('en_core_web_lg', 'en_core_web_md', 'en_core_web_sm') if spacy.util.is_package(name)]


class Blank(SpacyNlpEngine):
    """Tokens only: patterns and context words without a model."""

    def __init__(self):
        super().__init__(models=[{'lang_code': 'en', 'model_name': 'blank'}])
        self.nlp = {'en': spacy.blank('en')}

    def load(self):
        pass


if models:
    engine = SpacyNlpEngine(models=[{'lang_code': 'en', 'model_name': models[0]}])
else:
    engine = Blank()
registry = RecognizerRegistry()
registry.load_predefined_recognizers(languages=['en'])
if not models:
    registry.remove_recognizer('SpacyRecognizer')
analyzer = AnalyzerEngine(nlp_engine=engine, registry=registry, supported_languages=['en'])
texts = [json.loads(line)['text'] for line in open(sys.argv[1], encoding='utf-8')]
analyzer.analyze(texts[0], language='en')
before = time.process_time()
for text in texts:
    spans = [{'start': r.start, 'end': r.end, 'type': r.entity_type} for r in analyzer.analyze(text, language='en', score_threshold=0.35)]
    print(json.dumps(spans))
print(json.dumps({'seconds': time.process_time() - before, 'version': version('presidio-analyzer'),
                  'ran': f'patterns and {models[0]}' if models else 'pattern recognizers only (no spaCy model installed)'}))
