"""The largest amounts of each province with DuckDB, straight from Parquet.

gongbao export latest --to parquet -o facts.parquet
python docs/examples/duckdb_query.py facts.parquet
"""

import sys

import duckdb

path = sys.argv[1] if len(sys.argv) > 1 else "facts.parquet"
duckdb.sql(f"CREATE VIEW facts AS FROM read_parquet('{path}')")
print(
    duckdb.sql("""
        SELECT province, year, initiative, value / 1e8 AS 亿元, evidence.place.how AS 地点依据, confidence
        FROM facts
        WHERE kind = 'money' AND unit = '元'
        QUALIFY row_number() OVER (PARTITION BY province ORDER BY value DESC) = 1
        ORDER BY 亿元 DESC
    """)
)
