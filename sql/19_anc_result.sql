-- anc_result: one row per neutrophil count: of a specimen, or of each different value that the
-- best method gave for it.
-- Reads: lab_measure, lab_result_fate, specimen, method_rank.
-- Key: (patient_id, specimen_key).
-- Rule: a measured count stands as it is; a computed one comes from its specimen. The row that
-- it is traced to is the first that made it.
create or replace view anc_result as
with used as (
    select
        lab_measure.*,
        specimen.anc_source,
        specimen.computed_anc
    from lab_measure
    inner join lab_result_fate
        on
            lab_measure.file = lab_result_fate.file
            and lab_measure.row_number = lab_result_fate.row_number
            and lab_result_fate.fate = 'used'
    inner join specimen
        on
            lab_measure.patient_id = specimen.patient_id
            and lab_measure.specimen_key = specimen.specimen_key
),

numbered as (
    select
        used.*,
        row_number() over (
            partition by used.patient_id, used.specimen_key
            order by used.file, used.row_number
        ) as ordinal,
        bool_or(used.is_below_detection) over (
            partition by used.patient_id, used.specimen_key
        ) as has_limit
    from used
)

select
    numbered.patient_id,
    numbered.sampled_on,
    numbered.sampled_time as sampled_at,
    numbered.file,
    numbered.row_number,
    case
        when numbered.ordinal > 1
            then numbered.specimen_key || ' again ' || cast(numbered.ordinal as varchar)
        else numbered.specimen_key
    end as specimen_key,
    case when numbered.anc_source = 'absolute' then numbered.amount else numbered.computed_anc end as anc,
    case
        when numbered.anc_source <> 'absolute' then numbered.anc_source
        when numbered.method_rank = method.automated then 'absolute_automated'
        when numbered.method_rank = method.manual then 'absolute_manual'
        else 'absolute_unspecified'
    end as anc_method,
    case
        when numbered.anc_source = 'absolute' then numbered.is_below_detection else numbered.has_limit
    end as is_below_detection,
    case when numbered.anc_source = 'absolute' then numbered.computed_anc end as computed_anc
from numbered
cross join method_rank as method
where numbered.anc_source = 'absolute' or numbered.ordinal = 1;
