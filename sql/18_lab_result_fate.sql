-- lab_result_fate: one row per laboratory result, with its fate.
-- Reads: lab_row, lab_measure, specimen, specimen_role, source_malformed.
-- Key: (file, row_number).
-- Rule: of a specimen, the rows that make its count are used, the others are superseded, a second
-- way to write the same count among them; where no count can be made, all are incomplete.
create or replace view lab_result_fate as
with measure as (
    select
        lab_measure.*,
        row_number() over (
            partition by
                lab_measure.patient_id, lab_measure.specimen_key, lab_measure.role,
                lab_measure.method_rank, lab_measure.amount, lab_measure.is_duplicate
            order by lab_measure.file, lab_measure.row_number
        ) as ordinal_of_amount
    from lab_measure
),

judged as (
    select
        measure.file,
        measure.row_number,
        case
            when measure.is_duplicate then 'duplicate'
            when specimen.anc_source is null then 'incomplete'
            when measure.method_rank > specimen_role.best_rank then 'superseded'
            when measure.ordinal_of_amount > 1 then 'superseded'
            when specimen.anc_source = 'absolute' and measure.role = 'anc' then 'used'
            when
                specimen.anc_source = 'wbc_segments_and_bands'
                and measure.role in ('wbc', 'segment_share', 'band_share')
                then 'used'
            when
                specimen.anc_source = 'wbc_neutrophil_percent'
                and measure.role in ('wbc', 'neutrophil_share')
                then 'used'
            when
                specimen.anc_source = 'segments_and_bands'
                and measure.role in ('segments', 'bands')
                then 'used'
            else 'superseded'
        end as fate
    from measure
    left join specimen
        on
            measure.patient_id = specimen.patient_id
            and measure.specimen_key = specimen.specimen_key
    left join specimen_role
        on
            measure.patient_id = specimen_role.patient_id
            and measure.specimen_key = specimen_role.specimen_key
            and measure.role = specimen_role.role
)

select
    lab_row.file,
    lab_row.row_number,
    lab_row.reason as fate
from lab_row
where lab_row.reason is not null
union all
select
    judged.file,
    judged.row_number,
    judged.fate
from judged
union all
select
    source_malformed.file,
    source_malformed.row_number,
    'malformed_row' as fate
from source_malformed
where source_malformed.table_name = 'lab_result';
