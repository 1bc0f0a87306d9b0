"""The parts in a spaCy pipeline of your own.

python docs/examples/spacy_pipeline.py
"""

import spacy

nlp = spacy.blank("zh", config={"nlp": {"tokenizer": {"segmenter": "jieba"}}})
nlp.add_pipe("gongbao_quantities")
nlp.add_pipe("gongbao_periods", config={"pub_date": "2022-03-01"})
nlp.add_pipe("gongbao_places")
nlp.add_pipe("gongbao_lac_ner")

doc = nlp("去年，宁波市發放知識產權質押貸款86.5億元，惠及企業1200余家。")
for key in ("quantities", "periods", "places", "entities"):
    for span in doc.spans[key]:
        print(f"{key:<11}{span.text:<12}{span.label_:<9}{span._.gongbao or ''}")
