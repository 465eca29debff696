-- episode_window: one row per episode, with the days between which facts speak of it.
-- Reads: definition, episode.
-- Key: (patient_id, episode_number).
-- Rule: a window opens so many days before the onset and closes so many days after the end;
-- the end is the first count of the resolving run. Antibody tests of an open episode speak of
-- it without limit; its blood cells as far as its last unresolved count.
create or replace view episode_window as
select
    episode.patient_id,
    episode.child_number,
    episode.episode_number,
    episode.onset_by,
    episode.resolution_by,
    episode.n_counts,
    coalesce(episode.resolution_after, episode.censored_on) as last_unresolved_on,
    cast(
        episode.onset_by - interval 1 day * definition.antibody_before_days as date
    ) as antibody_from,
    cast(
        episode.resolution_by + interval 1 day * definition.antibody_after_days as date
    ) as antibody_to,
    cast(
        episode.onset_by - interval 1 day * definition.drug_window_days as date
    ) as drug_from,
    cast(
        episode.onset_by - interval 1 day * definition.chemotherapy_window_days as date
    ) as chemotherapy_from,
    cast(
        episode.onset_by - interval 1 day * definition.infection_before_days as date
    ) as infection_from,
    cast(
        episode.onset_by + interval 1 day * definition.infection_after_days as date
    ) as infection_to,
    cast(
        episode.onset_by - interval 1 day * definition.cytopenia_window_days as date
    ) as cytopenia_from,
    cast(
        coalesce(episode.resolution_by, episode.censored_on)
        + interval 1 day * definition.cytopenia_window_days as date
    ) as cytopenia_to,
    cast(
        episode.onset_by + interval 1 month * definition.chronic_months as date
    ) as chronic_after
from episode
cross join definition;
