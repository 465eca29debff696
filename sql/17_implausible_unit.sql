-- implausible_unit: one row per neutrophil count that is so far off that its unit may be wrong.
-- Reads: measure_fate, definition.
-- Key: (patient_id, count_key).
-- Rule: a count lies about the fold of a wrong unit away from the median of the child's other days
-- (of each the lowest count above 0; 0 is 0 in every unit) and from the count computed in its own
-- specimen; if one of the two is not known, the other decides.
create or replace view implausible_unit as
with counted as (
    select
        measure_fate.*,
        case when measure_fate.anc_source = 'absolute' then nullif(measure_fate.computed_anc, 0) end
            as beside,
        definition.unit_fold / definition.unit_fold_tolerance as from_fold,
        definition.unit_fold * definition.unit_fold_tolerance as to_fold,
        definition.anc_decimals as digits
    from measure_fate
    cross join definition
    where measure_fate.anc > 0
),

suspect as (
    select counted.patient_id
    from counted
    group by counted.patient_id, counted.digits
    having
        greatest(max(counted.anc), max(counted.beside))
        >= round(least(min(counted.anc), min(counted.beside)) * max(counted.from_fold), counted.digits)
),

day_of_suspect as (
    select
        counted.patient_id,
        counted.sampled_on,
        min(counted.anc) as anc
    from counted
    inner join suspect on counted.patient_id = suspect.patient_id
    group by counted.patient_id, counted.sampled_on
),

other_days as (
    select
        day_of_suspect.patient_id,
        day_of_suspect.sampled_on,
        case when count(*) >= max(definition.unit_other_days) then median(other.anc) end as anc
    from day_of_suspect
    inner join day_of_suspect as other
        on
            day_of_suspect.patient_id = other.patient_id
            and day_of_suspect.sampled_on <> other.sampled_on
    cross join definition
    group by day_of_suspect.patient_id, day_of_suspect.sampled_on
)

select
    counted.patient_id,
    counted.count_key,
    counted.file,
    counted.row_number,
    counted.anc,
    other_days.anc as other_days_median,
    counted.beside as computed_anc,
    definition.implausible_unit = 'set_aside' as is_set_aside
from counted
inner join suspect on counted.patient_id = suspect.patient_id
left join other_days
    on counted.patient_id = other_days.patient_id and counted.sampled_on = other_days.sampled_on
cross join definition
where
    not counted.is_below_detection
    and (
        least(other_days.anc, counted.beside) >= round(counted.anc * counted.from_fold, counted.digits)
        or greatest(other_days.anc, counted.beside) <= round(counted.anc / counted.from_fold, counted.digits)
    )
    and greatest(other_days.anc, counted.beside) <= round(counted.anc * counted.to_fold, counted.digits)
    and least(other_days.anc, counted.beside) >= round(counted.anc / counted.to_fold, counted.digits);
