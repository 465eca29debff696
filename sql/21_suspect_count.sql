-- suspect_count: one row per neutrophil count that is so far off that its unit may be wrong.
-- Reads: suspect_child, measured_count, definition.
-- Key: (child_number, sampled_on, count_key).
-- Rule: a count lies about the fold of a wrong unit away from the median of the child's other days
-- (of each the lowest count above 0; 0 is 0 in every unit) and from the count computed in its own
-- specimen; if one of the two is not known, the other decides.
create or replace view suspect_count as
with counted as (
    select
        measured_count.*,
        nullif(measured_count.computed_anc, 0) as beside,
        definition.unit_fold / definition.unit_fold_tolerance as from_fold,
        definition.unit_fold * definition.unit_fold_tolerance as to_fold,
        definition.anc_decimals as digits
    from suspect_child
    inner join measured_count on suspect_child.child_number = measured_count.child_number
    cross join definition
    where measured_count.anc > 0
),

day_of_suspect as (
    select
        counted.child_number,
        counted.sampled_on,
        min(counted.anc) as anc
    from counted
    group by counted.child_number, counted.sampled_on
),

other_days as (
    select
        day_of_suspect.child_number,
        day_of_suspect.sampled_on,
        case when count(*) >= max(definition.unit_other_days) then median(other.anc) end as anc
    from day_of_suspect
    inner join day_of_suspect as other
        on
            day_of_suspect.child_number = other.child_number
            and day_of_suspect.sampled_on <> other.sampled_on
    cross join definition
    group by day_of_suspect.child_number, day_of_suspect.sampled_on
)

select
    counted.child_number,
    counted.sampled_on,
    counted.count_key,
    counted.anc,
    other_days.anc as other_days_median,
    counted.beside as computed_anc,
    definition.implausible_unit = 'set_aside' as is_set_aside
from counted
left join other_days
    on counted.child_number = other_days.child_number and counted.sampled_on = other_days.sampled_on
cross join definition
where
    not counted.is_below_detection
    and (
        least(other_days.anc, counted.beside) >= round(counted.anc * counted.from_fold, counted.digits)
        or greatest(other_days.anc, counted.beside) <= round(counted.anc / counted.from_fold, counted.digits)
    )
    and greatest(other_days.anc, counted.beside) <= round(counted.anc * counted.to_fold, counted.digits)
    and least(other_days.anc, counted.beside) >= round(counted.anc / counted.to_fold, counted.digits);
