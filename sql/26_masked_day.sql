-- masked_day: one row per child and day with a count that a treatment hides.
-- Reads: day_of_counts, mask_window.
-- Key: (child_number, sampled_on).
-- Rule: a count on a day of a window is as if it had never been taken.
create or replace view masked_day as
select distinct
    day_of_counts.child_number,
    day_of_counts.sampled_on
from day_of_counts
inner join mask_window
    on
        day_of_counts.child_number = mask_window.child_number
        and day_of_counts.sampled_on >= mask_window.from_on
        and day_of_counts.sampled_on <= mask_window.to_on;
