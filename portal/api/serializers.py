"""What the API answers, field by field. The schema is made from these; the answers come from `answers.py`."""

from rest_framework import serializers

from portal.api.paging import Page
from portal.blitzes.states import SHOWN
from portal.cutoffs.states import State
from portal.hotspots import models as hotspots
from portal.taxa.models import ReadinessHistory, Status
from portal.training import models as training

PARTLY_LOADED = "True if only some places' observations were loaded of it, or of taxa in it: a lower bound."


class Data(serializers.Serializer):
    """Which data an answer comes from."""

    criteria = serializers.CharField(help_text="The export rule that was counted by.")
    as_of = serializers.DateTimeField(help_text="The newest change that the data contain.")
    counted_at = serializers.DateTimeField(help_text="When it was counted.")
    lake_version = serializers.IntegerField(help_text="The version of the lake that was counted.")
    is_simulated = serializers.BooleanField(help_text="True for a made-up world: never iNaturalist's.")
    has_lower_bounds = serializers.BooleanField(
        help_text="True if some observations are known only in part, so that counts are lower bounds."
    )


class Answer(serializers.Serializer):
    data = Data(  # type: ignore[assignment]  # the field shadows what the stubs call so
        allow_null=True, help_text="Null while no data are loaded."
    )


class TaxonBrief(serializers.Serializer):
    taxon_id = serializers.IntegerField(help_text="iNaturalist's id.")
    name = serializers.CharField(help_text="Scientific name.")
    common_name = serializers.CharField(allow_blank=True, help_text="English; empty where there is none.")
    rank = serializers.CharField(allow_blank=True)


class CurrentModel(serializers.Serializer):
    """The taxon in the model that iNaturalist uses now; all null while none is known here."""

    version = serializers.CharField(allow_null=True)
    included = serializers.BooleanField(allow_null=True, help_text="True if it is a class of its own.")
    class_taxon_id = serializers.IntegerField(
        allow_null=True, help_text="The class that it is suggested as: itself or an ancestor."
    )


class OnINaturalist(serializers.Serializer):
    """What iNaturalist itself says of the taxon in the model that it uses now; all null while unknown."""

    standing = serializers.ChoiceField(
        choices=["included", "pending"], allow_null=True, help_text="As iNaturalist's pages call it."
    )
    told_on = serializers.DateField(allow_null=True, help_text="The day of its answer, or of its export.")
    is_from_export = serializers.BooleanField(
        allow_null=True, help_text="True if an export's taxonomy tells it, false if the API does."
    )
    difference = serializers.CharField(
        allow_null=True, help_text="Why `outlook` differs, in an English sentence; empty where it does not."
    )


class Outlook(serializers.Serializer):
    """The taxon in the next snapshot, if it were cut from the data of now."""

    included = serializers.BooleanField(help_text="True if it would be a class of its own.")
    status = serializers.ChoiceField(
        choices=Status.choices, allow_null=True, help_text="Null without a usable observation in its clade."
    )
    class_taxon_id = serializers.IntegerField(
        allow_null=True, help_text="The class that its photos would teach: itself, an ancestor, or none."
    )
    cutoff_at = serializers.DateTimeField(
        allow_null=True, help_text="The announced cutoff of that snapshot; null where none is announced."
    )


class Line(serializers.Serializer):
    """How far from the line, in observations and photos. All null without a usable observation."""

    margin = serializers.IntegerField(
        allow_null=True,
        help_text="Observations missing (below 0) or that it can lose (from 0); null: never a class.",
    )
    short_observations = serializers.IntegerField(allow_null=True, help_text="Fewest that would do.")
    short_confirmed = serializers.IntegerField(allow_null=True, help_text="Confirmed ones missing.")
    short_photos = serializers.IntegerField(allow_null=True, help_text="Photos missing.")
    is_lower_bound = serializers.BooleanField(
        allow_null=True, help_text="True if the counts are lower bounds: no more than this is missing."
    )


class Counts(serializers.Serializer):
    """What the clade holds. All null without a usable observation."""

    observations = serializers.IntegerField(allow_null=True, help_text="Usable observations.")
    community_confirmed = serializers.IntegerField(allow_null=True, help_text="Confirmed ones among them.")
    photos = serializers.IntegerField(
        allow_null=True, help_text="Usable photos, at most five of an observation."
    )


class Inclusion(TaxonBrief):
    """Whether a taxon is in the model, will be in the next, and why."""

    current_model = CurrentModel()
    outlook = Outlook()
    line = Line()
    counts = Counts()
    why = serializers.CharField(help_text="The reason in an English sentence.")
    is_partly_loaded = serializers.BooleanField(allow_null=True, help_text=PARTLY_LOADED)
    inaturalist = OnINaturalist()


class InclusionAnswer(Answer):
    results = Inclusion(many=True, help_text="In the order asked for.")
    unknown = serializers.ListField(
        child=serializers.IntegerField(), help_text="Ids asked for that the data do not hold."
    )


class History(serializers.Serializer):
    at = serializers.DateTimeField(help_text="The time that the counts describe.")
    status = serializers.ChoiceField(choices=[*Status.values, ReadinessHistory.GONE])
    observations = serializers.IntegerField()
    community_confirmed = serializers.IntegerField()
    photos = serializers.IntegerField()
    margin = serializers.IntegerField(allow_null=True)


class Taxon(Inclusion):
    url = serializers.URLField(help_text="Its page here.")
    inaturalist_url = serializers.URLField()
    ancestors = TaxonBrief(many=True, help_text="From the root down, without the taxon itself.")
    history = History(many=True, help_text="Oldest first; a row whenever something had changed.")


class TaxonAnswer(Answer):
    taxon = Taxon()


class ReadinessRow(TaxonBrief):
    status = serializers.ChoiceField(choices=Status.choices)
    leaf_taxon_id = serializers.IntegerField(allow_null=True, help_text="The class that its photos teach.")
    observations = serializers.IntegerField()
    community_confirmed = serializers.IntegerField()
    photos = serializers.IntegerField()
    short_observations = serializers.IntegerField()
    short_confirmed = serializers.IntegerField()
    short_photos = serializers.IntegerField()
    margin = serializers.IntegerField(allow_null=True)
    is_lower_bound = serializers.BooleanField()
    is_partly_loaded = serializers.BooleanField(help_text=PARTLY_LOADED)


class ReadinessAnswer(Answer, Page):
    results = ReadinessRow(many=True, help_text="By ascending taxon id.")


class Cutoff(serializers.Serializer):
    """A cutoff that is announced to everybody."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=State.choices)
    cutoff_at = serializers.DateTimeField(help_text="When the data are taken.")
    settling_from = serializers.DateTimeField(
        help_text="Labels that are new or finer from here on wait for the next export."
    )
    settle_days = serializers.IntegerField()
    criteria = serializers.CharField(help_text="The export rule.")
    note = serializers.CharField(allow_blank=True)
    announced_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField(help_text="When anything that people are told of changed.")
    commitment = serializers.CharField(help_text="SHA-256 of the draw's seed, published beforehand.")
    model_name = serializers.CharField(allow_blank=True, help_text="The model that came of it.")
    is_simulated = serializers.BooleanField()
    url = serializers.URLField(help_text="Its page here.")


class CutoffsAnswer(Page):
    results = Cutoff(many=True, help_text="In the order in which they were drafted.")


class BlitzCount(serializers.Serializer):
    """The labels of the clade at a count; all null before the blitz began."""

    at = serializers.DateTimeField(allow_null=True, help_text="The time up to which the blitz was measured.")
    data_as_of = serializers.DateTimeField(allow_null=True, help_text="The data that were counted.")
    labels = serializers.IntegerField(allow_null=True, help_text="Observations under the clade's labels.")
    expected_wrong = serializers.FloatField(allow_null=True, help_text="Of these, expected to be wrong.")
    expected_wrong_low = serializers.FloatField(
        allow_null=True, help_text="With the next one an interval that holds at least 90 %."
    )
    expected_wrong_high = serializers.FloatField(allow_null=True)
    expected_wrong_photos = serializers.FloatField(
        allow_null=True, help_text="Wrong photos expected in the next export."
    )


class Blitz(serializers.Serializer):
    """A clean-up of a clade. No person is named but by the name that the proposer chose to show."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    purpose = serializers.CharField()
    for_whom = serializers.CharField(allow_blank=True)
    proposed_by = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=[(state.value, state.label) for state in SHOWN])
    clade = TaxonBrief()
    cutoff_id = serializers.IntegerField(allow_null=True, help_text="Null: for the next export.")
    criteria = serializers.CharField(help_text="The export rule.")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    looked_at = serializers.IntegerField(
        allow_null=True, help_text="Observations of its list that were identified since it began."
    )
    moved = serializers.IntegerField(allow_null=True, help_text="Of these, labels that were moved away.")
    moved_photos = serializers.IntegerField(allow_null=True, help_text="Photos of these.")
    before = BlitzCount(help_text="What it began with.")
    latest = BlitzCount(help_text="The newest count, or that of its end.")
    is_final = serializers.BooleanField(help_text="True once it was measured up to its end.")
    is_simulated = serializers.BooleanField()
    url = serializers.URLField(help_text="Its page here.")


class BlitzesAnswer(Page):
    results = Blitz(many=True, help_text="In the order in which they were proposed.")


class Forecast(serializers.Serializer):
    """Where the next cutoff may lie, from past exports. No announcement."""

    low = serializers.DateField()
    high = serializers.DateField()
    probability = serializers.FloatField(help_text="That it lies between these days, if the record is whole.")
    last_export = serializers.DateField()
    median_days = serializers.IntegerField(help_text="The usual interval.")
    intervals = serializers.IntegerField(help_text="How many intervals it rests on.")
    is_old = serializers.BooleanField(help_text="True if the record ends long ago.")


class NextCutoffAnswer(serializers.Serializer):
    cutoff = Cutoff(allow_null=True, help_text="Null where none is announced.")
    forecast = Forecast(allow_null=True, help_text="Null where one is announced, or nothing is known.")


class Hotspot(serializers.Serializer):
    """A taxon label under which wrong labels gather. Counts are of observations; intervals hold 90 %."""

    rank = serializers.IntegerField(help_text="1 for the worst.")
    taxon_id = serializers.IntegerField(help_text="The label.")
    name = serializers.CharField()
    common_name = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(choices=hotspots.Kind.choices, help_text="What explains most of it.")
    confused_with_taxon_id = serializers.IntegerField(allow_null=True)
    confused_with_name = serializers.CharField(allow_null=True)
    labels = serializers.IntegerField(help_text="Observations that carry the label.")
    expected_wrong = serializers.FloatField(help_text="Expected to be wrong among those exported.")
    expected_wrong_low = serializers.FloatField()
    expected_wrong_high = serializers.FloatField()
    expected_wrong_photos = serializers.FloatField(help_text="Wrong photos expected in the next export.")
    exported_photos = serializers.IntegerField()
    from_vision = serializers.IntegerField(help_text="Labels that came from a suggestion.")
    reviewed = serializers.IntegerField(help_text="Labels that skilled people have looked at.")
    overturned = serializers.IntegerField(help_text="Those among them that they changed.")
    evidence = serializers.ChoiceField(
        choices=hotspots.Evidence.choices, help_text="What is known of the observations, the most first."
    )
    to_review = serializers.IntegerField(help_text="Entries in its worklist.")


class HotspotsAnswer(Answer, Page):
    results = Hotspot(many=True, help_text="Worst first.")


class WorklistEntry(serializers.Serializer):
    """An observation worth another look."""

    observation_id = serializers.IntegerField(
        allow_null=True, help_text="iNaturalist's number; null where only the UUID is known, as in open data."
    )
    observation_uuid = serializers.UUIDField(
        allow_null=True, help_text="iNaturalist's UUID; null where it is not known."
    )
    url = serializers.URLField()
    label_taxon_id = serializers.IntegerField()
    suspicion = serializers.FloatField(help_text="Probability of being wrong, 0 to 1.")
    suggested_taxon_id = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()
    priority = serializers.FloatField(help_text="Wrong photos that one look is expected to remove.")
    photos = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=hotspots.Kind.choices)
    evidence = serializers.ChoiceField(choices=hotspots.Evidence.choices)


class WorklistAnswer(Answer, Page):
    results = WorklistEntry(many=True, help_text="Those first where a look is worth most.")


class Run(serializers.Serializer):
    """A training run."""

    id = serializers.IntegerField()
    key = serializers.CharField(help_text="The run's own name.")
    state = serializers.ChoiceField(choices=training.Run.State.values)
    snapshot_digest = serializers.CharField()
    is_simulated = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    heartbeat_at = serializers.DateTimeField(allow_null=True)
    progress = serializers.DictField(help_text="What the last heartbeat told.")
    finished_at = serializers.DateTimeField(allow_null=True, help_text="When the results came.")
    results_digest = serializers.CharField(
        allow_null=True, help_text="SHA-256 of the results document, unpacked."
    )
    overall = serializers.DictField(allow_null=True, help_text="The document's `overall`.")


class RunsAnswer(Page):
    results = Run(many=True, help_text="Oldest first.")


class ResultTaxon(serializers.Serializer):
    taxon_id = serializers.IntegerField(min_value=1)
    images = serializers.IntegerField(min_value=0, help_text="Test photos.")
    top1 = serializers.FloatField(min_value=0, max_value=1)
    top5 = serializers.FloatField(min_value=0, max_value=1)
    mean_true_probability = serializers.FloatField(min_value=0, max_value=1)


class Model(serializers.Serializer):
    """A version of the model."""

    version = serializers.CharField()
    released_at = serializers.DateTimeField()
    classes = serializers.IntegerField()
    is_simulated = serializers.BooleanField(help_text="True if it learned from a simulated world.")
    snapshot_digest = serializers.CharField(help_text="The snapshot that it learned from.")
    overall = serializers.DictField(help_text="top1, top5, calibration and more, over all test photos.")


class ModelsAnswer(serializers.Serializer):
    results = Model(many=True, help_text="The current one first.")


class ModelTaxaAnswer(Page):
    version = serializers.CharField()
    results = ResultTaxon(many=True, help_text="By ascending taxon id.")


class ResultConfusion(serializers.Serializer):
    true_taxon_id = serializers.IntegerField(min_value=1)
    predicted_taxon_id = serializers.IntegerField(min_value=1)
    count = serializers.IntegerField(min_value=0)


class ResultLabelIssue(serializers.Serializer):
    photo_id = serializers.IntegerField(min_value=1)
    observation_id = serializers.IntegerField(min_value=1)
    label_taxon_id = serializers.IntegerField(min_value=1)
    suggested_taxon_id = serializers.IntegerField(min_value=1)
    score = serializers.FloatField(min_value=0, max_value=1)


class Results(serializers.Serializer):
    """A results document. Further keys are allowed everywhere, and left alone."""

    run = serializers.DictField(help_text="Snapshot digest, config, precision, device, speed.")
    overall = serializers.DictField(help_text="top1, top5, calibration and more, over all test photos.")
    taxa = ResultTaxon(many=True, allow_empty=False, help_text="Each class once, at least one.")
    confusions = ResultConfusion(many=True, help_text="Each pair of two classes once.")
    label_issues = ResultLabelIssue(many=True, help_text="Each photo once.")


class ApiRoot(serializers.Serializer):
    """Addresses to begin with."""

    schema = serializers.URLField()
    docs = serializers.URLField()
    inclusion = serializers.URLField()
    inclusion_file = serializers.URLField()
    readiness = serializers.URLField()
    cutoffs = serializers.URLField()
    next_cutoff = serializers.URLField()
    hotspots = serializers.URLField()
    blitzes = serializers.URLField()
    models = serializers.URLField()


class BadField(serializers.Serializer):
    name = serializers.CharField(help_text="The parameter or field.")
    reason = serializers.CharField()


class Problem(serializers.Serializer):
    """An error, as RFC 9457 has it."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What is wrong, in a sentence.")
    errors = BadField(  # type: ignore[assignment]  # as `Answer.data`
        many=True, required=False, help_text="Each bad parameter or field."
    )
