-- episode_run: one row per run of neutropenic counts that is part of an episode.
-- Reads: unresolved_run, definition.
-- Key: (child_number, run_number).
-- Rule: in each stretch the first run that is long enough opens the only episode, which lasts until
-- the stretch ends.
create or replace view episode_run as
with opened as (
    select
        unresolved_run.*,
        min(
            case
                when
                    unresolved_run.n_neutropenic >= definition.onset_counts
                    and date_diff('day', unresolved_run.first_on, unresolved_run.last_on)
                    >= definition.onset_days
                    then unresolved_run.run_number
            end
        ) over (
            partition by unresolved_run.child_number, unresolved_run.stretch_number
        ) as onset_run
    from unresolved_run
    cross join definition
)

select
    opened.child_number,
    opened.stretch_number,
    opened.run_number,
    case when opened.run_number = opened.onset_run then opened.previous_on end as onset_after,
    opened.first_on,
    opened.n_neutropenic,
    opened.first_ordinal,
    opened.last_ordinal,
    opened.last_unresolved_on,
    opened.nadir,
    opened.nadir_on,
    min(opened.nadir) over (
        partition by opened.child_number, opened.stretch_number
    ) as episode_nadir,
    opened.end_kind,
    opened.normal_from,
    opened.normal_to,
    opened.enough_on,
    opened.last_observed_on,
    opened.is_before_silence
from opened
where opened.run_number >= opened.onset_run;
