-- fhir_answer: one row per result that is a word, with the word that the program knows.
-- Reads: fhir_result, fhir_panel, fhir_code, antibody_method.
-- Key: (file, row_number).
-- Rule: codes stand before names, names before texts, the value before its interpretation; the first
-- that the code lists know is the answer, else the first as it is written.
create or replace view fhir_answer as
with result as (
    select
        fhir_result.file,
        fhir_result.row_number,
        case fhir_result.kind
            when 'antibody' then 'answer' when 'marrow' then 'cellularity' else 'significance'
        end as use,
        unnest(['value', 'interpretation', 'method']) as part,
        unnest([
            coalesce(fhir_panel.significance, fhir_result.value_concept),
            fhir_result.interpretation, fhir_result.method
        ]) as concept,
        unnest([coalesce(fhir_panel.significance_text, fhir_result.value), null, null]) as text
    from fhir_result
    left join fhir_panel
        on fhir_result.file = fhir_panel.file and fhir_result.row_number = fhir_panel.row_number
    where fhir_result.kind in ('antibody', 'gene', 'variant', 'marrow') and fhir_result.subject <> 'other'
),

parsed as (
    select
        result.*,
        from_json(
            case
                when starts_with(result.concept, '[') then result.concept
                else '[' || result.concept || ']'
            end,
            '[{"coding": [{"code": "VARCHAR", "display": "VARCHAR"}], "text": "VARCHAR"}]'
        )[1] as said
    from result
),

word as (
    select
        parsed.file,
        parsed.row_number,
        parsed.part,
        parsed.use,
        list_concat(
            list_transform(parsed.said.coding, lambda coding: coding.code),
            list_transform(parsed.said.coding, lambda coding: coding.display),
            [parsed.said.text, parsed.text]
        ) as words
    from parsed
),

opened as (
    select
        word.file,
        word.row_number,
        word.part,
        word.use,
        unnest(word.words) as word,
        generate_subscripts(word.words, 1) as place
    from word
),

known as (
    select
        opened.*,
        fhir_code.meaning,
        antibody_method.test_key is not null as is_method,
        row_number() over (
            partition by opened.file, opened.row_number order by opened.part desc, opened.place asc
        ) as ordinal
    from opened
    left join fhir_code
        on lower(trim(opened.word)) = fhir_code.code and opened.use = fhir_code.use
    left join antibody_method
        on regexp_replace(lower(opened.word), '[^a-z0-9]', '', 'g') = antibody_method.test_key
    where opened.word is not null
)

select
    known.file,
    known.row_number,
    coalesce(
        arg_min(known.meaning, known.ordinal) filter (where known.part <> 'method'),
        arg_max(known.word, known.ordinal) filter (where known.part = 'value'),
        arg_min(known.word, known.ordinal) filter (where known.part = 'interpretation')
    ) as answer,
    arg_min(known.word, known.ordinal) filter (where known.part = 'method' and known.is_method) as method
from known
group by known.file, known.row_number;
