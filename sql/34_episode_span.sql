-- episode_span: one row per neutropenia episode, before severity and course are named.
-- Reads: unresolved_run, stretch_onset.
-- Key: (child_number, stretch_number).
-- Rule: the counts of an episode run from its onset to its last unresolved count, where the stretch
-- ends; what precedes the onset in the stretch is no part of it.
create or replace view episode_span as
select
    unresolved_run.child_number,
    unresolved_run.stretch_number,
    min(case when unresolved_run.run_number = stretch_onset.run_number then unresolved_run.previous_on end)
        as onset_after,
    min(unresolved_run.first_on) as onset_by,
    max(unresolved_run.last_unresolved_on) as last_unresolved_on,
    max(unresolved_run.normal_from) as resolution_by,
    max(unresolved_run.normal_to) as normal_to,
    max(unresolved_run.enough_on) as enough_on,
    min(unresolved_run.nadir) as lowest_unresolved,
    max(unresolved_run.last_ordinal) - min(unresolved_run.first_ordinal) + 1 as n_unresolved,
    sum(unresolved_run.n_neutropenic) as n_neutropenic,
    min(unresolved_run.last_observed_on) as last_observed_on,
    bool_or(unresolved_run.is_before_silence) as is_before_silence
from unresolved_run
inner join stretch_onset
    on
        unresolved_run.child_number = stretch_onset.child_number
        and unresolved_run.stretch_number = stretch_onset.stretch_number
        and unresolved_run.run_number >= stretch_onset.run_number
group by unresolved_run.child_number, unresolved_run.stretch_number;
