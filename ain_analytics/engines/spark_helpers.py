r"""Functions that the translated views call, in Spark's SQL: they do what DuckDB does, to the last bit.

Spark puts the body where a call stands, so a body names each argument as few times as it can.
"""

from ain_analytics.engines.readable import DAY, NUMBER, TIME, WORD
from ain_analytics.engines.regular_expressions import for_java


def _text(pattern: str) -> str:
    """Write a pattern as Spark takes it as it stands."""
    return f"r'{for_java(pattern)}'"


_DAY_IN = "regexp_extract(t, r'[0-9]+-[0-9]+-[0-9]+', 0)"
_CLOCK_IN = r"regexp_extract(t, r'[0-9]+-[0-9]+-[0-9]+[T \t\n\x0B\f\r]([0-9:.]+)', 1)"

HELPERS = (
    f"""ain_try_date(t STRING) RETURNS DATE RETURN
        CASE WHEN t RLIKE {_text(DAY)} OR t RLIKE {_text(TIME)} THEN try_cast({_DAY_IN} AS DATE) END""",
    """ain_moment(day STRING, h STRING, m STRING, s STRING) RETURNS TIMESTAMP_NTZ RETURN
        try_cast(concat(
            day, ' ', CASE WHEN h IN ('', '24') THEN '0' ELSE h END, ':', CASE WHEN m = '' THEN '0' ELSE m END,
            ':', CASE WHEN s = '' THEN '0' ELSE rtrim('.', s) END
        ) AS TIMESTAMP_NTZ) + CASE WHEN h = '24' THEN INTERVAL '1' DAY ELSE INTERVAL '0' DAY END""",
    """ain_moment_of(day STRING, clock STRING) RETURNS TIMESTAMP_NTZ RETURN
        ain_moment(
            day, split_part(clock, ':', 1), split_part(clock, ':', 2), split_part(clock, ':', 3)
        )""",
    f"""ain_try_timestamp(t STRING) RETURNS TIMESTAMP_NTZ RETURN
        CASE WHEN t RLIKE {_text(TIME)} THEN ain_moment_of({_DAY_IN}, {_CLOCK_IN}) END""",
    f"""ain_try_double(t STRING) RETURNS DOUBLE RETURN
        CASE
            WHEN t RLIKE {_text(NUMBER)} THEN try_cast(replace(t, '_', '') AS DOUBLE)
            WHEN t RLIKE {_text(WORD)} THEN
                CASE
                    WHEN t ILIKE '%nan%' THEN double('NaN')
                    WHEN t LIKE '%-%' THEN double('-Infinity')
                    ELSE double('Infinity')
                END
        END""",
    f"""ain_try_integer(t STRING) RETURNS INT RETURN
        CASE WHEN t RLIKE {_text(NUMBER)}
            THEN try_cast(round(try_cast(replace(t, '_', '') AS DECIMAL(38, 18)), 0) AS INT) END""",
    # ROUND to whole numbers is exact: a tie is a double of its own, and a shorter spelling never reaches it
    """ain_round(x DOUBLE, digits INT) RETURNS DOUBLE RETURN
        CASE WHEN abs(x) > 1e290D THEN x ELSE round(x * pow(10D, digits), 0) / pow(10D, digits) END""",
    """ain_divide(x DOUBLE, y DOUBLE) RETURNS DOUBLE RETURN
        coalesce(try_divide(x, y), x * CASE WHEN y = 0D THEN double('Infinity') END)""",
    "ain_is_nan(x DOUBLE) RETURNS BOOLEAN RETURN CASE WHEN x IS NOT NULL THEN isnan(x) END",
    "ain_is_inf(x DOUBLE) RETURNS BOOLEAN RETURN abs(x) = double('Infinity')",
    """ain_days_between(x DATE, y DATE) RETURNS BIGINT RETURN datediff(y, x)""",
)
"""Each is made by `create temporary function …`; later ones call earlier ones."""
