-- measure_fate: one row per sound laboratory result, with its fate and the count it stands for.
-- Reads: lab_measure, specimen, specimen_role.
-- Key: (file, row_number).
-- Rule: of a specimen, the rows that make its count are used, the others, a second way to write
-- the same count among them, are superseded; where none can be made, all are incomplete. A measured
-- count stands as it is; a computed one is traced to the first row that made it.
create or replace view measure_fate as
with given as (
    select
        lab_measure.*,
        coalesce(specimen.anc_source, 'none') as anc_source,
        specimen.computed_anc,
        lab_measure.is_line and not specimen.is_difference as is_spare_line,
        lab_measure.method_rank > specimen_role.best_rank or row_number() over (
            partition by
                lab_measure.child_number, lab_measure.specimen_key, lab_measure.role,
                lab_measure.method_rank, lab_measure.amount, lab_measure.is_duplicate
            order by lab_measure.file, lab_measure.row_number
        ) > 1 as is_second
    from lab_measure
    left join specimen
        on
            lab_measure.child_number = specimen.child_number
            and lab_measure.specimen_key = specimen.specimen_key
    left join specimen_role
        on
            lab_measure.child_number = specimen_role.child_number
            and lab_measure.specimen_key = specimen_role.specimen_key
            and lab_measure.role = specimen_role.role
),

judged as (
    select
        given.*,
        case
            when given.is_spare_line then 'other_analyte'
            when given.is_duplicate then 'duplicate'
            when given.anc_source = 'none' then 'incomplete'
            when given.is_second then 'superseded'
            when given.anc_source = 'absolute' and given.role = 'anc' then 'used'
            when given.anc_source = 'segments_and_bands' and given.role in ('segments', 'bands') then 'used'
            when given.anc_source = given.role then 'used'
            when given.anc_source = 'wbc_minus_others' and given.role <> 'granulocytes' then 'used'
            when starts_with(given.anc_source, 'wbc_') and given.role = 'wbc' then 'used'
            when given.anc_source = 'wbc_neutrophil_percent' and given.role = 'neutrophil_share' then 'used'
            when given.anc_source <> 'wbc_segments_and_bands' then 'superseded'
            when given.role in ('segment_share', 'band_share') then 'used'
            else 'superseded'
        end as fate
    from given
),

numbered as (
    select
        judged.*,
        row_number() over (
            partition by judged.child_number, judged.specimen_key, judged.fate
            order by judged.file, judged.row_number
        ) as ordinal,
        bool_or(judged.is_below_detection and not judged.is_line) over (
            partition by judged.child_number, judged.specimen_key, judged.fate
        ) as has_limit
    from judged
)

select
    numbered.file,
    numbered.row_number,
    numbered.child_number,
    numbered.sampled_time,
    numbered.sampled_on,
    numbered.role,
    numbered.method_rank,
    numbered.whole,
    numbered.amount,
    numbered.fate,
    numbered.anc_source,
    numbered.computed_anc,
    case when numbered.anc_source = 'absolute' then numbered.is_below_detection else numbered.has_limit end
        as is_below_detection,
    case
        when numbered.fate <> 'used' then null
        when numbered.anc_source = 'absolute' then numbered.amount
        when numbered.ordinal = 1 then numbered.computed_anc
    end as anc,
    case
        when numbered.anc_source <> 'absolute' or numbered.ordinal = 1 then numbered.specimen_key
        else numbered.specimen_key || ' again ' || cast(numbered.ordinal as varchar)
    end as count_key
from numbered;
