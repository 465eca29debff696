-- contradicted_end: one row per normal run that a later unresolved count of the child follows.
-- Reads: telling_count, definition.
-- Key: (child_number, normal_from).
-- Rule: until that count came the run passed for the end, if a last run ends an episode; so an
-- antibody test from the close of its window to that count has spoken only since that count.
create or replace view contradicted_end as
with run_after as (
    select
        telling_count.child_number,
        telling_count.next_on as normal_from,
        telling_count.is_last,
        lead(telling_count.sampled_on) over (
            partition by telling_count.child_number order by telling_count.sampled_on
        ) as contradicted_on
    from telling_count
    where not telling_count.is_normal
)

select
    run_after.child_number,
    run_after.normal_from,
    cast(
        run_after.normal_from + interval 1 day * definition.antibody_after_days as date
    ) as antibody_to,
    run_after.contradicted_on
from run_after
cross join definition
where
    not run_after.is_last
    and run_after.contradicted_on > run_after.normal_from
    and definition.unconfirmed_end = 'resolve';
