-- cell_evidence: one row per episode around whose onset the other blood cells were counted.
-- Reads: cell_count, definition, episode_window.
-- Key: (patient_id, episode_number).
-- Rule: a hemoglobin or platelet count so near to the onset that a low one would be a second
-- cytopenia; without one nobody knows whether another cell line was low.
create or replace view cell_evidence as
select
    episode_window.patient_id,
    episode_window.episode_number,
    'other_cells_counted' as evidence,
    min(cell_count.sampled_on) as known_on,
    'hemoglobin or platelets' as detail,
    'lab_result' as table_name,
    cast(null as varchar) as file,
    cast(null as bigint) as row_number
from episode_window
cross join definition
inner join cell_count
    on
        episode_window.patient_id = cell_count.patient_id
        and episode_window.cytopenia_from <= cell_count.sampled_on
        and episode_window.onset_by + interval 1 day * definition.cytopenia_window_days
        >= cell_count.sampled_on
group by episode_window.patient_id, episode_window.episode_number;
