-- crowded_day: one row per child and day with several sound laboratory results.
-- Reads: sound_day.
-- Key: (child_number, sampled_on).
-- Rule: what is said of specimens is asked on these days only.
create or replace view crowded_day as
select
    sound_day.child_number,
    sound_day.sampled_on
from sound_day
where sound_day.n_rows > 1;
