-- crowded_day: one row per child and day with several sound laboratory results.
-- Reads: lab_row.
-- Key: (child_number, sampled_on).
-- Rule: a result alone on its day speaks for itself; only among several can there be a duplicate, a
-- better measure of the same specimen, or parts that make a count together. What is said of specimens
-- is asked on these days only.
create or replace view crowded_day as
select
    lab_row.child_number,
    lab_row.sampled_on
from lab_row
where lab_row.is_sound
group by lab_row.child_number, lab_row.sampled_on
having count(*) > 1;
