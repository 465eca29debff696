-- fhir_birth: one row per patient of whom Observations say the length of gestation or the Duffy status.
-- Reads: fhir_result, fhir_code.
-- Key: (patient_id).
-- Rule: completed weeks, 39+6 being 39; where two Observations differ, neither is believed.
create or replace view fhir_birth as
with said as (
    select
        fhir_result.patient_id,
        fhir_result.kind,
        case fhir_result.kind
            when 'gestation'
                then cast(
                    cast(
                        floor(
                            try_cast(split_part(fhir_result.value, '+', 1) as double)
                            / coalesce(cast(fhir_code.meaning as double), 1)
                        ) as bigint
                    ) as varchar
                )
            else lower(
                coalesce(
                    fhir_result.value,
                    from_json(
                        fhir_result.value_concept, '{"coding": [{"code": "VARCHAR"}]}'
                    ).coding[1].code,
                    from_json(fhir_result.value_concept, '{"text": "VARCHAR"}').text
                )
            )
        end as word
    from fhir_result
    left join fhir_code
        on lower(fhir_result.unit) = fhir_code.code and fhir_code.use = 'gestation_unit'
    where fhir_result.kind in ('gestation', 'duffy') and fhir_result.fate = 'context_only'
)

select
    said.patient_id,
    case
        when count(distinct said.word) filter (where said.kind = 'gestation') = 1
            then min(said.word) filter (where said.kind = 'gestation')
    end as gestational_weeks,
    case
        when count(distinct said.word) filter (where said.kind = 'duffy') = 1
            then min(said.word) filter (where said.kind = 'duffy')
    end as duffy_status
from said
where said.word is not null
group by said.patient_id;
