-- episode_span: one row per neutropenia episode, before severity and course are named.
-- Reads: episode_run.
-- Key: (child_number, stretch_number).
-- Rule: the counts of an episode run from its onset to its last unresolved count.
create or replace view episode_span as
select
    episode_run.child_number,
    episode_run.stretch_number,
    min(episode_run.onset_after) as onset_after,
    min(episode_run.first_on) as onset_by,
    max(episode_run.last_unresolved_on) as last_unresolved_on,
    max(episode_run.normal_from) as resolution_by,
    max(episode_run.normal_to) as normal_to,
    max(episode_run.enough_on) as enough_on,
    coalesce(max(episode_run.end_kind), 'open') as end_kind,
    min(episode_run.episode_nadir) as nadir,
    min(
        case when episode_run.nadir = episode_run.episode_nadir then episode_run.nadir_on end
    ) as nadir_on,
    max(episode_run.last_ordinal) - min(episode_run.first_ordinal) + 1 as n_unresolved,
    sum(episode_run.n_neutropenic) as n_neutropenic,
    min(episode_run.last_observed_on) as last_observed_on,
    bool_or(episode_run.is_before_silence) as is_before_silence
from episode_run
group by episode_run.child_number, episode_run.stretch_number;
