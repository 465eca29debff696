r"""Functions that the translated views call, in PostgreSQL's SQL: they do what DuckDB does, to the last bit."""

from ain_analytics.engines.readable import DAY, NUMBER, TIME, WORD
from ain_analytics.engines.regular_expressions import for_postgres


def _text(pattern: str) -> str:
    return f"'{for_postgres(pattern)}'"


_SMALLEST, _LARGEST = "2.4703282292062328e-324", "1.7976931348623159e308"
"""Where numbers begin that a double cannot tell from zero, or cannot hold."""
_PLAIN = r"'^[0-9]+-[0-9]+-[0-9]+([T ]([01][0-9]|2[0-3]):[0-9]{2}(:[0-9]{2})?)?$'"
"""The usual time, which PostgreSQL reads as DuckDB does."""
_INTEGERS = "between -2147483648 and 2147483647"

HELPERS = (
    f"""ain_try_date(t text) returns date as $$ select
        case when t ~ {_text(DAY)} or t ~ {_text(TIME)}
            then cast(substring(t from '[0-9]+-[0-9]+-[0-9]+') as date) end $$""",
    r"""ain_moment(day text, h text, m text, s text) returns timestamp as $$ select
        cast(
            day || ' ' || case when h in ('', '24') then '0' else h end || ':'
            || case when m = '' then '0' else m end || ':'
            || case when s = '' then '0' else regexp_replace(s, '([.][0-9]{6})[0-9]*$|[.]$', '\1') end
            as timestamp
        ) + case when h = '24' then interval '1 day' else interval '0 day' end $$""",
    """ain_moment_of(day text, clock text) returns timestamp as $$ select
        ain_moment(day, split_part(clock, ':', 1), split_part(clock, ':', 2), split_part(clock, ':', 3)) $$""",
    rf"""ain_try_timestamp(t text) returns timestamp as $$ select
        case when t !~ {_text(TIME)} then null when t ~ {_PLAIN} then t::timestamp else ain_moment_of(
            substring(t from '[0-9]+-[0-9]+-[0-9]+'),
            coalesce(substring(t from '[0-9]+-[0-9]+-[0-9]+[T \t\n\v\f\r]([0-9:.]+)'), '')
        ) end $$""",
    r"""ain_is_short(t text) returns boolean as $$ select
        t !~ '[eE][+-]?[0-9]{4}' and length(t) < 1000 $$""",
    f"""ain_double_of(t text, n numeric) returns double precision as $$ select
        case
            when abs(n) >= {_LARGEST} then case when n > 0 then 'Infinity' else '-Infinity' end::double precision
            when abs(n) < {_SMALLEST} then 0
            else t::double precision
        end $$""",
    """ain_double_in(t text) returns double precision as $$ select
        case
            when t !~ '[eE]' and length(t) < 300 then t::double precision
            when ain_is_short(t) then ain_double_of(t, t::numeric)
            when t ~ '^[^1-9eE]*([eE]|$)' or t ~ '[eE]-' then 0
            when t ~ '^[^0-9]*-' then '-Infinity'::double precision
            else 'Infinity'::double precision
        end $$""",
    f"""ain_try_double(t text) returns double precision as $$ select
        case
            when t ~ {_text(NUMBER)} then ain_double_in(replace(t, '_', ''))
            when t ~ {_text(WORD)} then
                case when t ~ '[aA]' then 'NaN' when t ~ '-' then '-Infinity' else 'Infinity' end::double precision
        end $$""",
    f"""ain_integer_of(n numeric) returns integer as $$ select
        case when round(n) {_INTEGERS} then round(n)::integer end $$""",
    """ain_integer_in(t text) returns integer as $$ select
        case when ain_is_short(t) then ain_integer_of(t::numeric) end $$""",
    f"""ain_try_integer(t text) returns integer as $$ select
        case when t ~ {_text(NUMBER)} then ain_integer_in(replace(t, '_', '')) end $$""",
    """ain_nearest(x double precision) returns double precision as $$ select
        case when abs(x - round(x)) = 0.5 then x + sign(x) * 0.5 else round(x) end $$""",
    """ain_round(x double precision, digits bigint) returns double precision as $$ select
        case
            when abs(x) > 1e280 or x = 'NaN' then x
            when digits < 0 then ain_nearest(x / (10.0::double precision ^ -digits)) * 10.0::double precision ^ -digits
            else ain_nearest(x * 10.0::double precision ^ digits) / 10.0::double precision ^ digits
        end $$""",
    """ain_is_tame(x double precision) returns boolean as $$ select
        x = 0 or abs(x) between 1e-150 and 1e150 $$""",
    """ain_beyond(x double precision, y double precision, power double precision) returns double precision as $$
        select case
            when x is null or y is null then null
            when x = 'NaN' or y = 'NaN' then 'NaN'
            when power > 709.78 then sign(x) * sign(y) * 'Infinity'::double precision
            when power < -745.13 then sign(x) * sign(y) * 0.0::double precision
        end $$""",
    """ain_times(x double precision, y double precision) returns double precision as $$ select
        case
            when ain_is_tame(x) and ain_is_tame(y) then x * y
            when x = 0 or y = 0 or abs(x) = 'Infinity' or abs(y) = 'Infinity' then x * y
            else coalesce(ain_beyond(x, y, ln(abs(x)) + ln(abs(y))), x * y)
        end $$""",
    *(
        f"ain_times(x {x}, y {y}) returns bigint as $$ select x::bigint * y $$"
        for x in ("integer", "bigint")
        for y in ("integer", "bigint")
    ),
    """ain_over(x double precision, y double precision) returns double precision as $$ select
        case
            when ain_is_tame(x) and ain_is_tame(y) then x / y
            when x = 0 or abs(x) = 'Infinity' or abs(y) = 'Infinity' then x / y
            else coalesce(ain_beyond(x, y, ln(abs(x)) - ln(abs(y))), x / y)
        end $$""",
    """ain_divide(x double precision, y double precision) returns double precision as $$ select
        case
            when y <> 0 then ain_over(x, y)
            when x = 'NaN' or x = 0 then 'NaN'::double precision + y * 0
            when (x > 0) = (y::text = '0') then 'Infinity'::double precision
            when x is not null and y is not null then '-Infinity'::double precision
        end $$""",
    """ain_is_nan(x double precision) returns boolean as $$ select x = 'NaN' $$""",
    """ain_is_inf(x double precision) returns boolean as $$ select abs(x) = 'Infinity' $$""",
    """ain_days_between(x date, y date) returns bigint as $$ select cast(y - x as bigint) $$""",
    """ain_days_between(x timestamp, y timestamp) returns bigint as $$ select
        cast(cast(y as date) - cast(x as date) as bigint) $$""",
    """ain_days_between(x date, y timestamp) returns bigint as $$ select cast(cast(y as date) - x as bigint) $$""",
    """ain_days_between(x timestamp, y date) returns bigint as $$ select cast(y - cast(x as date) as bigint) $$""",
    """ain_lower(t text) returns text as $$ select lower(t collate {letters}) $$""",
    """ain_upper(t text) returns text as $$ select upper(t collate {letters}) $$""",
)
"""Each is made by `create function …`; `{letters}` is a collation that knows the letters of every alphabet."""
