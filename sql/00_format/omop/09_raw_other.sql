-- raw_other: one row per record of the source that makes no raw row, with the reason.
-- Reads: source_malformed, source_observation_period, source_death, source_observation,
-- source_procedure_occurrence.
-- Key: (table_name, file, row_number).
-- Rule: times in view, deaths and the facts that are read of a child stand beside the child's row.
-- References (concepts, sites) are no rows of children and are not counted.
create or replace view raw_other as
select
    source_malformed.table_name,
    source_malformed.file,
    source_malformed.row_number,
    'malformed_row' as fate
from source_malformed
union all
select
    'observation_period',
    source_observation_period.file,
    source_observation_period.row_number,
    'context_only'
from source_observation_period
union all
select
    'death',
    source_death.file,
    source_death.row_number,
    'context_only'
from source_death
union all
select
    'observation',
    source_observation.file,
    source_observation.row_number,
    case
        when
            lower(trim(source_observation.observation_source_value)) in ('gestational age', 'duffy status')
            then 'context_only'
        else 'not_of_use'
    end
from source_observation
union all
select
    'procedure_occurrence',
    source_procedure_occurrence.file,
    source_procedure_occurrence.row_number,
    'not_of_use'
from source_procedure_occurrence;
