-- day_of_counts: one row per child and day with a count.
-- Reads: anc_count, repeated_day.
-- Key: (child_number, sampled_on).
-- Rule: the only count of a day stands for it; where there are several, what their rule gives.
create or replace view day_of_counts as
select
    repeated_day.child_number,
    repeated_day.sampled_on,
    repeated_day.anc,
    repeated_day.n_results
from repeated_day
union all
select
    anc_count.child_number,
    anc_count.sampled_on,
    anc_count.anc,
    cast(1 as integer) as n_results
from anc_count
where anc_count.is_alone;
