-- sdtm_lab_cell: one row per laboratory test, its result, unit, specimen and method chosen.
-- Reads: source_lb, sdtm_word.
-- Key: (file, row_number).
-- Rule: what the laboratory wrote goes before the sponsor's conversion, unless its unit alone is
-- missing. A specimen that is not said is blood, unless the category is one of another fluid. Of a
-- time that is not complete the day is known.
create or replace view sdtm_lab_cell as
with cell as (
    select
        source_lb.file,
        source_lb.row_number,
        nullif(upper(trim(source_lb.domain)), '') as domain,
        nullif(regexp_replace(source_lb.usubjid, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as usubjid,
        nullif(trim(source_lb.lbtestcd), '') as lbtestcd,
        nullif(trim(source_lb.lbtest), '') as lbtest,
        nullif(trim(source_lb.lbloinc), '') as lbloinc,
        nullif(upper(trim(source_lb.lbcat)), '') as lbcat,
        nullif(upper(trim(source_lb.lbspec)), '') as lbspec,
        nullif(upper(trim(source_lb.lbstat)), '') as lbstat,
        nullif(trim(source_lb.lbmethod), '') as method,
        nullif(trim(source_lb.lbrefid), '') as specimen_id,
        nullif(trim(source_lb.lbdtc), '') as lbdtc,
        nullif(trim(source_lb.lborres), '') as original,
        nullif(trim(source_lb.lborresu), '') as original_unit,
        coalesce(nullif(trim(source_lb.lbstresc), ''), nullif(trim(source_lb.lbstresn), '')) as standard,
        nullif(trim(source_lb.lbstresu), '') as standard_unit
    from source_lb
)

select
    cell.file,
    cell.row_number,
    cell.domain,
    cell.usubjid,
    cell.lbtestcd,
    cell.lbtest,
    cell.lbloinc,
    cell.method,
    cell.specimen_id,
    coalesce(cell.lbspec, cell.lbcat) as specimen,
    case
        when regexp_matches(cell.lbdtc, '^[0-9]{4}-[0-9]{2}-[0-9]{2}T([0-9]{2}|-.*)$')
            then split_part(cell.lbdtc, 'T', 1)
        else cell.lbdtc
    end as sampled_at,
    case
        when not_done.word is not null then null
        when cell.original is not null and (cell.original_unit is not null or cell.standard_unit is null)
            then cell.original
        else coalesce(cell.standard, cell.original)
    end as value,
    case
        when cell.original is not null and cell.original_unit is not null then cell.original_unit
        when cell.standard is not null then cell.standard_unit
        else cell.original_unit
    end as unit,
    case
        when lower(cell.method) like '%manual%' or lower(cell.method) like '%microscop%' then 'manual'
        when lower(cell.method) like '%automat%' or lower(cell.method) like '%analy_er%' then 'automated'
        else ''
    end as kind_of_method,
    case
        when cell.lbspec is not null then blood.word is not null
        else no_blood.word is null
    end as is_blood
from cell
left join sdtm_word as not_done on not_done.kind = 'not_done' and cell.lbstat = not_done.word
left join sdtm_word as blood on blood.kind = 'specimen_blood' and cell.lbspec = blood.word
left join sdtm_word as no_blood on no_blood.kind = 'category_of_no_blood' and cell.lbcat = no_blood.word;
