-- stretch_onset: one row per stretch with an episode, with the run that opens it.
-- Reads: unresolved_run, definition.
-- Key: (child_number, stretch_number).
-- Rule: the first run of a stretch that is long enough in counts and in days opens its only episode.
create or replace view stretch_onset as
select
    unresolved_run.child_number,
    unresolved_run.stretch_number,
    min(unresolved_run.run_number) as run_number
from unresolved_run
cross join definition
where
    unresolved_run.n_neutropenic >= definition.onset_counts
    and date_diff('day', unresolved_run.first_on, unresolved_run.last_on) >= definition.onset_days
group by unresolved_run.child_number, unresolved_run.stretch_number;
