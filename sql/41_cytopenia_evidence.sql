-- cytopenia_evidence: one row per episode and low count of other blood cells near it.
-- Reads: cell_count, definition, episode, episode_window, telling_count.
-- Key: none.
-- Rule: a hemoglobin or platelet count below its limit, near the episode, is a second cytopenia,
-- known once the episode is known to have lasted so long.
create or replace view cytopenia_evidence as
with low_count as (
    select
        episode_window.patient_id,
        episode_window.child_number,
        episode_window.episode_number,
        episode_window.onset_by,
        episode_window.last_unresolved_on,
        cell_count.sampled_on,
        cell_count.role,
        cell_count.file,
        cell_count.row_number,
        definition.unconfirmed_end,
        cell_count.sampled_on - interval 1 day * definition.cytopenia_window_days as near_from
    from episode_window
    inner join cell_count
        on
            episode_window.patient_id = cell_count.patient_id
            and episode_window.cytopenia_from <= cell_count.sampled_on
            and episode_window.cytopenia_to >= cell_count.sampled_on
    cross join definition
    where
        (cell_count.role = 'hemoglobin' and cell_count.value < definition.hemoglobin_below)
        or (cell_count.role = 'platelets' and cell_count.value < definition.platelets_below)
),

lasting as (
    select
        low_count.file,
        low_count.row_number,
        low_count.episode_number,
        min(
            case
                when telling_count.sampled_on >= low_count.near_from then telling_count.sampled_on
                else telling_count.next_on
            end
        ) as near_on
    from low_count
    inner join telling_count
        on
            low_count.child_number = telling_count.child_number
            and low_count.onset_by <= telling_count.sampled_on
            and low_count.last_unresolved_on >= telling_count.sampled_on
    where
        not telling_count.is_normal
        and (
            telling_count.sampled_on >= low_count.near_from
            or (
                telling_count.next_on >= low_count.near_from
                and not telling_count.is_last
                and low_count.unconfirmed_end = 'resolve'
            )
        )
    group by low_count.file, low_count.row_number, low_count.episode_number
)

select
    low_count.patient_id,
    low_count.episode_number,
    'second_cytopenia' as evidence,
    case
        when low_count.sampled_on <= low_count.onset_by then low_count.sampled_on
        else
            greatest(
                low_count.sampled_on,
                coalesce(lasting.near_on, episode.confirmed_on, episode.resolution_by)
            )
    end as known_on,
    low_count.role as detail,
    'lab_result' as table_name,
    low_count.file,
    low_count.row_number
from low_count
inner join episode
    on
        low_count.patient_id = episode.patient_id
        and low_count.episode_number = episode.episode_number
left join lasting
    on
        low_count.file = lasting.file
        and low_count.row_number = lasting.row_number
        and low_count.episode_number = lasting.episode_number;
