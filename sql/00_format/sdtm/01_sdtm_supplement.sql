-- sdtm_supplement: one row per record and what its supplemental qualifiers say of it.
-- Reads: source_supp, sdtm_supplement_name.
-- Key: (rdomain, usubjid, seq, meaning).
-- Rule: a qualifier of the subject has no seq, here ''. Of two that say the same thing the last in
-- order stands: of ATC codes the longer one.
create or replace view sdtm_supplement as
with cell as (
    select
        upper(trim(source_supp.rdomain)) as rdomain,
        regexp_replace(source_supp.usubjid, '^[\s\pZ]+|[\s\pZ]+$', '', 'g') as usubjid,
        coalesce(regexp_replace(trim(source_supp.idvarval), '[.]0+$', ''), '') as seq,
        upper(trim(source_supp.qnam)) as qnam,
        nullif(trim(source_supp.qval), '') as qval
    from source_supp
)

select
    cell.rdomain,
    cell.usubjid,
    cell.seq,
    sdtm_supplement_name.meaning,
    max(cell.qval) as said,
    max(sdtm_supplement_name.code_system) as code_system
from cell
inner join sdtm_supplement_name
    on cell.rdomain = sdtm_supplement_name.rdomain and cell.qnam = sdtm_supplement_name.qnam
group by cell.rdomain, cell.usubjid, cell.seq, sdtm_supplement_name.meaning;
