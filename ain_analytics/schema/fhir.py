"""What a FHIR source holds: resources, one row each."""

from ain_analytics.schema.raw import RawRow, said


class FhirResource(RawRow):
    """One row per FHIR R4 resource: a line of an NDJSON file, or an entry of a Bundle.

    Where the standard leaves a choice, this is what is read (and what `synthetic/forms/fhir.py` writes):

    - The key of a child is the logical id of its Patient; without one, the end of the entry's fullUrl.
    - A test of the mother's serum is an Observation whose subject is the child and whose focus is a
      RelatedPerson with the relationship MTH, NMTH or GESTM. What has another focus is not the child's.
    - The antigen of an antibody test is a component with the code `antibody-specificity`.
    - Gestational age is an Observation with the LOINC code 76516-4 or 11884-4; the Duffy status one with
      the code `duffy-status` and the value null or positive. LOINC has no marrow code that could be verified:
      an Observation with the code `marrow-cellularity`, whose component `segmented-reduced` is yes or no.
      The codes without a number are those of the system `urn:ain-analytics:finding`.
    - A gene is a component (or an Observation) 48018-6; the result is the component 53037-8, else the value
      of the Observation, Absent being negative.
    - A drug that is ordered counts as given from the day of the order, or within the bounds of its timing;
      a course whose end is not said is one dose on its first day, as in the native format.
    - A Condition is dated when it was recorded, else at its onset.
    - The registry knows a child from the first start to the last end of EpisodeOfCare and ResearchSubject.
    """

    full_url = said("Address that a Bundle gives to its entry.")
    resource_type = said("Type of the resource.", obligatory=True)
    resource_id = said("Logical id of the resource.")
    version_id = said("Version of the resource.")
    last_updated = said("When the resource was changed last.")
    status = said("Status of the resource.")
    body = said("The resource as JSON.", obligatory=True)


FHIR: dict[str, type[RawRow]] = {"resource": FhirResource}
"""The one table of a FHIR source."""
