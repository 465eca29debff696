-- suspect_count: one row per neutrophil count that is so far off that its unit may be wrong.
-- Reads: suspect_child, measured_count, definition.
-- Key: (child_number, sampled_on, count_key).
-- Rule: a count lies about the fold of a wrong unit away from the median of the child's other days
-- (of each the lowest count above 0; 0 is 0 in every unit) and from the count computed in its own
-- specimen; if one is unknown, the other decides. In the middle of n is whose place, twice, is n to n + 2.
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

daily as (
    select
        counted.child_number,
        counted.sampled_on,
        min(counted.anc) as anc
    from counted
    group by counted.child_number, counted.sampled_on
),

ranked as (
    select
        daily.child_number,
        daily.sampled_on,
        daily.anc,
        row_number() over (partition by daily.child_number order by daily.anc, daily.sampled_on) as place,
        count(*) over (partition by daily.child_number) - 1 as n_others
    from daily
),

near_middle as (
    select ranked.*
    from ranked
    where ranked.place + ranked.place between ranked.n_others and ranked.n_others + 1 + 1 + 1 + 1
),

beside as (
    select
        ranked.child_number,
        ranked.sampled_on,
        ranked.n_others,
        near_middle.anc,
        near_middle.place - case when near_middle.place > ranked.place then 1 else 0 end as place
    from ranked
    inner join near_middle
        on ranked.child_number = near_middle.child_number and ranked.place <> near_middle.place
),

other_days as (
    select
        beside.child_number,
        beside.sampled_on,
        avg(beside.anc) as anc
    from beside
    cross join definition
    where
        beside.n_others >= definition.unit_other_days
        and beside.place + beside.place between beside.n_others and beside.n_others + 1 + 1
    group by beside.child_number, beside.sampled_on
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
