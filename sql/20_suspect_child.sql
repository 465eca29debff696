-- suspect_child: one row per child whose counts lie so far apart that a unit may be wrong.
-- Reads: measured_count, definition.
-- Key: (child_number).
-- Rule: the highest is at least the fold of a wrong unit above the lowest that is not 0.
create or replace view suspect_child as
with spread as (
    select
        measured_count.child_number,
        min(measured_count.anc) as lowest,
        max(measured_count.anc) as highest,
        min(nullif(measured_count.computed_anc, 0)) as lowest_computed,
        max(nullif(measured_count.computed_anc, 0)) as highest_computed
    from measured_count
    where measured_count.anc > 0
    group by measured_count.child_number
)

select spread.child_number
from spread
cross join definition
where
    greatest(spread.highest, spread.highest_computed)
    >= round(
        least(spread.lowest, spread.lowest_computed)
        * (definition.unit_fold / definition.unit_fold_tolerance),
        definition.anc_decimals
    );
