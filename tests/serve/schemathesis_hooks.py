"""What schemathesis cannot know: filters that parse, and lines of JSON."""

import json

import schemathesis
from hypothesis import strategies as st

schemathesis.openapi.format(
    "gongbao-where",
    st.one_of(
        st.sampled_from(
            ["kind=money", "year>=2019 and place^=浙江省", "not (kind in [count,percent])", "flags~guessed"]
        ),
        st.builds("value{}{}".format, st.sampled_from(["=", "<", ">=", "!="]), st.integers(-(10**9), 10**9)),
    ),
)


@schemathesis.serializer("application/x-ndjson")
def one_line(context, value):
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


@schemathesis.deserializer("application/x-ndjson")
def its_answer(context, response):
    (line,) = response.content.splitlines()
    return json.loads(line)
