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
),

compared as (
    select
        numbered.*,
        min(numbered.anc) over (
            partition by numbered.child_number, numbered.stretch_number, numbered.run_number
        ) as nadir
    from numbered
)

select
    compared.child_number,
    cast(compared.stretch_number as integer) as stretch_number,
    cast(compared.run_number as integer) as run_number,
    min(case when compared.begins_run then compared.previous_on end) as previous_on,
    min(case when compared.state = 'neutropenic' then compared.sampled_on end) as first_on,
    max(case when compared.state = 'neutropenic' then compared.sampled_on end) as last_on,
    cast(count(case when compared.state = 'neutropenic' then compared.sampled_on end) as integer)
        as n_neutropenic,
    min(compared.ordinal) as first_ordinal,
    max(compared.ordinal) as last_ordinal,
    max(compared.sampled_on) as last_unresolved_on,
    min(compared.anc) as nadir,
    min(case when compared.anc = compared.nadir then compared.sampled_on end) as nadir_on,
    max(compared.end_kind) as end_kind,
    max(case when compared.end_kind is not null then compared.normal_from end) as normal_from,
    max(case when compared.end_kind is not null then compared.normal_to end) as normal_to,
    max(case when compared.end_kind = 'confirmed' then compared.enough_on end) as enough_on,
    min(compared.last_observed_on) as last_observed_on,
    bool_or(compared.is_before_silence) as is_before_silence
from compared
group by compared.child_number, compared.stretch_number, compared.run_number
having bool_or(compared.begins_run);
