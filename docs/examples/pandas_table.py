"""Amounts by place and year with pandas.

python docs/examples/pandas_table.py outputs/latest
"""

import sys

from gongbao.frames import read_records

frame = read_records(sys.argv[1] if len(sys.argv) > 1 else "latest", where="kind=money and unit=元")
print(frame.gongbao.display().head(10).to_string(index=False))

frame["亿元"] = frame.gongbao.money()
largest = frame.sort_values("亿元", ascending=False).groupby(["place", "year"], observed=True).first()
print(largest[["initiative", "亿元", "confidence"]].head(10))

print(frame.gongbao.pivot().shape)
