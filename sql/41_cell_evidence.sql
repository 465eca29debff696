-- cell_evidence: one row per episode around whose onset the other blood cells were counted.
-- Reads: cell_count, definition, episode_window.
-- Key: (patient_id, episode_number).
-- Rule: a hemoglobin or platelet count so near to the onset that a low one would be a second
-- cytopenia; without one nobody knows whether another cell line was low.
create or replace view cell_evidence as
with near as (
    select
        episode_window.patient_id,
        episode_window.episode_number,
        cell_count.sampled_on,
        cell_count.file,
        cell_count.row_number,
        row_number() over (
            partition by episode_window.patient_id, episode_window.episode_number
            order by cell_count.sampled_on, cell_count.file, cell_count.row_number
        ) as place
    from episode_window
    cross join definition
    inner join cell_count
        on
            episode_window.patient_id = cell_count.patient_id
            and episode_window.cytopenia_from <= cell_count.sampled_on
            and episode_window.onset_by + interval 1 day * definition.cytopenia_window_days
            >= cell_count.sampled_on
)

select
    near.patient_id,
    near.episode_number,
    'other_cells_counted' as evidence,
    near.sampled_on as known_on,
    'hemoglobin or platelets' as detail,
    'lab_result' as table_name,
    near.file,
    near.row_number
from near
where near.place = 1;
