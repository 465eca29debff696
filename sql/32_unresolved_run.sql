-- unresolved_run: one row per maximal run of neutropenic counts, with the unresolved counts that
-- follow it and the end of its stretch, where it is the last.
-- Reads: unresolved_count.
-- Key: (child_number, run_number).
-- Rule: resolving runs and silences cut the counts of a child into stretches; the first run of a
-- stretch that is long enough will open its only episode.
create or replace view unresolved_run as
with numbered as (
    select
        unresolved_count.*,
        sum(case when unresolved_count.begins_stretch then 1 else 0 end) over in_time as stretch_number,
        sum(case when unresolved_count.begins_run then 1 else 0 end) over in_time as run_number
    from unresolved_count
    window
        in_time as (
            partition by unresolved_count.child_number
            order by unresolved_count.sampled_on rows unbounded preceding
        )
)

select
    numbered.child_number,
    cast(numbered.stretch_number as integer) as stretch_number,
    cast(numbered.run_number as integer) as run_number,
    min(case when numbered.begins_run then numbered.previous_on end) as previous_on,
    min(case when numbered.is_neutropenic then numbered.sampled_on end) as first_on,
    max(case when numbered.is_neutropenic then numbered.sampled_on end) as last_on,
    cast(count(case when numbered.is_neutropenic then numbered.sampled_on end) as integer) as n_neutropenic,
    min(numbered.ordinal) as first_ordinal,
    max(numbered.ordinal) as last_ordinal,
    max(numbered.sampled_on) as last_unresolved_on,
    min(numbered.anc) as nadir,
    max(case when numbered.is_resolved then numbered.next_on end) as normal_from,
    max(case when numbered.is_resolved then numbered.normal_to end) as normal_to,
    max(case when numbered.is_confirmed then numbered.enough_on end) as enough_on,
    min(numbered.last_observed_on) as last_observed_on,
    bool_or(numbered.is_before_silence) as is_before_silence
from numbered
group by numbered.child_number, numbered.stretch_number, numbered.run_number
having bool_or(numbered.begins_run);
