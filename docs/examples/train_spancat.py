"""A run as training data for spaCy: a span categoriser learns to find amounts.

gongbao export latest --to spacy -o facts.spacy
python docs/examples/train_spancat.py facts.spacy
"""

import sys

import spacy
from spacy.tokens import DocBin
from spacy.training import Example

path = sys.argv[1] if len(sys.argv) > 1 else "facts.spacy"
nlp = spacy.blank("zh")
suggester = {"@misc": "spacy.ngram_range_suggester.v1", "min_size": 1, "max_size": 6}
nlp.add_pipe("spancat", config={"spans_key": "amount", "suggester": suggester})

docs = list(DocBin(store_user_data=True).from_disk(path).get_docs(nlp.vocab))
examples = []
for doc in docs[:20]:
    plain = spacy.tokens.Doc(nlp.vocab, [token.text for token in doc], [bool(token.whitespace_) for token in doc])
    examples.append(Example(plain, doc))
optimizer = nlp.initialize(lambda: examples)
for round in range(2):
    losses = nlp.update(examples, sgd=optimizer)
    print(round, losses)
print(f"{sum(len(doc.spans['amount']) for doc in docs)} amounts in {len(docs)} articles")
