-- raw_other: one row per record of the source that makes no raw row, with the reason.
-- Reads: source_malformed, source_supp, sdtm_supplement_name, sdtm_event, sdtm_intervention, sdtm_lab,
-- sdtm_immune, sdtm_gene, sdtm_marrow.
-- Key: (table_name, file, row_number).
-- Rule: a supplemental qualifier that is read stands beside its record.
create or replace view raw_other as
with left_out as (
    select
        sdtm_event.table_name,
        sdtm_event.file,
        sdtm_event.row_number,
        sdtm_event.fate
    from sdtm_event
    union all
    select
        sdtm_intervention.table_name,
        sdtm_intervention.file,
        sdtm_intervention.row_number,
        sdtm_intervention.fate
    from sdtm_intervention
    union all
    select
        'lb',
        sdtm_lab.file,
        sdtm_lab.row_number,
        sdtm_lab.fate
    from sdtm_lab
    union all
    select
        sdtm_immune.table_name,
        sdtm_immune.file,
        sdtm_immune.row_number,
        sdtm_immune.fate
    from sdtm_immune
    union all
    select
        sdtm_gene.table_name,
        sdtm_gene.file,
        sdtm_gene.row_number,
        sdtm_gene.fate
    from sdtm_gene
    union all
    select
        'mi',
        sdtm_marrow.file,
        sdtm_marrow.row_number,
        sdtm_marrow.fate
    from sdtm_marrow
    union all
    select
        'supp',
        source_supp.file,
        source_supp.row_number,
        case when sdtm_supplement_name.qnam is null then 'not_of_use' else 'context_only' end
    from source_supp
    left join sdtm_supplement_name
        on
            upper(trim(source_supp.rdomain)) = sdtm_supplement_name.rdomain
            and upper(trim(source_supp.qnam)) = sdtm_supplement_name.qnam
    union all
    select
        source_malformed.table_name,
        source_malformed.file,
        source_malformed.row_number,
        'malformed_row'
    from source_malformed
)

select
    left_out.table_name,
    left_out.file,
    left_out.row_number,
    left_out.fate
from left_out
where left_out.fate is not null;
