r"""Which texts DuckDB reads as a day, a time or a number, as patterns that every engine understands.

The engines check a text against these patterns before they cast it. They are in the words that Java and
PostgreSQL share; a year has four digits and is not 0000. Offsets and zones behind a time are read over, as
DuckDB does.
"""

_DAY = (
    r"(([0-9]{4})-((0?[13578]|1[02])-(0?[1-9]|[12][0-9]|3[01])"
    r"|(0?[469]|11)-(0?[1-9]|[12][0-9]|30)|0?2-(0?[1-9]|1[0-9]|2[0-8]))"
    r"|([0-9][0-9](0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-0?2-29)"
)
_TIME = (
    r"(([01]?[0-9]|2[0-3]):([0-5]?[0-9](:([0-5]?[0-9]([.][0-9]*)?)?)?)?"
    r"|24:(0?0(:(0?0([.]0*)?)?)?)?)"
)
_SPACE = r"[ \t\n\v\f\r]"
_OFFSET = r"[+-][0-9]{2}(:?[0-9]{2}|:[0-9]{2}:[0-9]{2})?"
_TAIL = rf"((Z|{_OFFSET}| ({_OFFSET}|[A-Za-z0-9/_+:-]*)){_SPACE}*)?"
_DIGITS = r"[0-9]+(_[0-9]+)*"
_BORDER = rf"({_DIGITS}[.]?|{_DIGITS}[.]{_DIGITS}|[.]{_DIGITS})"

DAY = rf"^{_SPACE}*{_DAY}{_SPACE}*$"
"""A day by itself."""
TIME = rf"^{_SPACE}*{_DAY}([T \t\n\v\f\r]{_TIME}{_TAIL})?$"
"""A time, or the first moment of a day."""
NUMBER = rf"^{_SPACE}*[+-]?{_BORDER}([eE][+-]?{_DIGITS})?{_SPACE}*$"
"""A number of digits."""
WORD = rf"^{_SPACE}*[+-]?([nN][aA][nN]|[iI][nN][fF]([iI][nN][iI][tT][yY])?){_SPACE}*$"
"""Infinity, or no number by that name."""
