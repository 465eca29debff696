-- sdtm_reckoned_birth: one row per subject with an age and no birth date.
-- Reads: source_dm, sdtm_age_unit.
-- Key: (file, row_number).
-- Rule: the age holds on the first day of reference, else of consent, else of collection. A completed
-- age leaves several days of birth: of their middle the month or the year is handed over.
create or replace view sdtm_reckoned_birth as
with said as (
    select
        source_dm.file,
        source_dm.row_number,
        upper(trim(source_dm.ageu)) as unit,
        try_cast(trim(source_dm.age) as double) as age,
        try_cast(
            split_part(
                coalesce(
                    nullif(trim(source_dm.rfstdtc), ''),
                    nullif(trim(source_dm.rficdtc), ''),
                    nullif(trim(source_dm.dmdtc), '')
                ), 'T', 1
            ) as date
        ) as aged_on
    from source_dm
    where nullif(trim(source_dm.brthdtc), '') is null
),

reckoned as (
    select
        said.file,
        said.row_number,
        sdtm_age_unit.n_characters,
        said.aged_on
        - to_months(cast(floor(said.age) * sdtm_age_unit.n_months + sdtm_age_unit.middle_months as integer))
        - to_days(cast(floor(said.age * sdtm_age_unit.n_days) + sdtm_age_unit.middle_days as integer))
            as middle
    from said
    inner join sdtm_age_unit on said.unit = sdtm_age_unit.unit
    where said.age >= 0 and said.age < sdtm_age_unit.most
)

select
    reckoned.file,
    reckoned.row_number,
    left(cast(cast(reckoned.middle as date) as varchar), reckoned.n_characters) as birth_date
from reckoned;
