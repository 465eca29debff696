-- unmasked_day: one row per child and day with a count that no treatment hides.
-- Reads: day_of_counts, masked_day.
-- Key: (child_number, sampled_on).
-- Rule: a masked day decides nothing; neither episodes nor evidence see it.
create or replace view unmasked_day as
select
    day_of_counts.child_number,
    day_of_counts.sampled_on,
    day_of_counts.anc
from day_of_counts
left join masked_day
    on
        day_of_counts.child_number = masked_day.child_number
        and day_of_counts.sampled_on = masked_day.sampled_on
where masked_day.child_number is null;
