-- fhir_answer: one row per result that is a word, with the word that the program knows.
-- Reads: fhir_result, fhir_code, antibody_method.
-- Key: (file, row_number).
-- Rule: codes stand before names, names before texts, the value before its interpretation; the first
-- that the code lists know is the answer, else the first as it is written.
create or replace view fhir_answer as
with result as (
    select
        fhir_result.file,
        fhir_result.row_number,
        case fhir_result.kind
            when 'antibody' then 'answer' when 'gene' then 'significance' when 'marrow' then 'cellularity'
        end as use,
        unnest(['value', 'interpretation', 'method']) as part,
        unnest([
            coalesce(fhir_result.significance, fhir_result.value_concept),
            fhir_result.interpretation, fhir_result.method
        ]) as concept,
        unnest([coalesce(fhir_result.significance_text, fhir_result.value), null, null]) as text
    from fhir_result
    where fhir_result.kind in ('antibody', 'gene', 'marrow', 'duffy') and fhir_result.subject <> 'other'
),

parsed as (
    select
        result.*,
        from_json(
            case when starts_with(result.concept, '[') then result.concept
                else '[' || result.concept || ']' end,
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

numbered as (
    select
        opened.*,
        row_number() over (
            partition by opened.file, opened.row_number order by opened.part desc, opened.place
        ) as ordinal
    from opened
    where opened.word is not null
),

known as (
    select
        numbered.*,
        fhir_code.meaning,
        antibody_method.test_key is not null as is_method
    from numbered
    left join fhir_code
        on lower(trim(numbered.word)) = fhir_code.code and numbered.use = fhir_code.use
    left join antibody_method
        on regexp_replace(lower(numbered.word), '[^a-z0-9]', '', 'g') = antibody_method.test_key
)

select
    known.file,
    known.row_number,
    coalesce(
        arg_min(known.meaning, known.ordinal) filter (where known.part <> 'method'),
        arg_max(known.word, known.ordinal) filter (where known.part = 'value'),
        arg_min(known.word, known.ordinal) filter (where known.part = 'interpretation')
    ) as answer,
    arg_max(known.word, known.ordinal) filter (where known.part = 'value') as name,
    arg_min(known.word, known.ordinal) filter (where known.part = 'method' and known.is_method) as method
from known
group by known.file, known.row_number;
