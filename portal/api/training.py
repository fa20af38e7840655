"""The REST API's addresses for trainers: their runs, heartbeats and results. Nothing here is public."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers as fields
from rest_framework.exceptions import NotFound, UnsupportedMediaType, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from exporter.errors import DataError
from portal.accounts.models import Scope
from portal.api.addresses import Address, described
from portal.api.authentication import HasScope
from portal.api.bodies import Body, Count, Flag, Name, Number, SmallJSON, Text
from portal.api.fields import Choice, Decimal, Document, Moment, Whole, Words, field, listed, maker
from portal.api.fields import Flag as TrueOrFalse
from portal.api.paging import Page, PageQuery, answer, page
from portal.api.parameters import path_id
from portal.api.problems import Conflict, TooLarge
from portal.training import document, models, queries, services

OVERALL = "top1, top5, calibration and more, over all test photos."
RUN_ID = path_id("run_id", "The run's id, as it was answered when the run was made.")


class Run(fields.Serializer):
    """A training run."""

    id = Whole("", 12)
    key = Words("The run's own name.", "4f1c2b")
    state = Choice("", "running", choices=models.Run.State.values)
    snapshot_digest = Words("", "abc")
    is_simulated = TrueOrFalse("", False)
    created_at = Moment("", "2026-12-02T08:00:00Z")
    heartbeat_at = Moment("", "2026-12-02T09:30:00Z", null=True)
    progress = Document("What the last heartbeat reported.", {"epoch": 2, "epochs": 80})
    finished_at = Moment("When the results came.", null=True)
    results_digest = Words(
        "SHA-256 of the results document, unpacked.", null=True, of=lambda row: row.results_digest or None
    )
    overall = Document("The document's `overall`.", null=True)


class ResultTaxon(fields.Serializer):
    taxon_id = Whole("", 118970, min_value=1)
    images = Whole("Test photos.", 100, min_value=0)
    top1 = Decimal("", 0.92, min_value=0, max_value=1)
    top5 = Decimal("", 0.98, min_value=0, max_value=1)
    mean_true_probability = Decimal("", 0.81, min_value=0, max_value=1)


class ResultConfusion(fields.Serializer):
    true_taxon_id = Whole("", 118970, min_value=1)
    predicted_taxon_id = Whole("", 120215, min_value=1)
    count = Whole("", 3, min_value=0)


class ResultLabelIssue(fields.Serializer):
    photo_id = Whole("", 9, min_value=1)
    observation_id = Whole("", 1000, min_value=1)
    label_taxon_id = Whole("", 118970, min_value=1)
    suggested_taxon_id = Whole("", 120215, min_value=1)
    score = Decimal("", 0.93, min_value=0, max_value=1)


class Results(fields.Serializer):
    """A results document. Further keys are allowed everywhere, and left alone."""

    run = Document(
        "Snapshot digest, config, precision, device, speed.",
        {"snapshot_digest": "abc", "config": {"model": "xception"}, "precision": "mixed_float16"},
    )
    overall = Document(OVERALL, {"top1": 0.82, "top5": 0.95})
    taxa = field(ResultTaxon, "Each class once, at least one.", many=True, allow_empty=False)
    confusions = field(ResultConfusion, "Each pair of two classes once.", many=True)
    label_issues = field(ResultLabelIssue, "Each photo once.", many=True)


RunsAnswer = listed("RunsAnswer", Run, "Oldest first.", Page)
_make = maker(Run)


class AnyJSON(BaseParser):
    """Names the media type of a results document, which `document.read` reads as a stream."""

    media_type = "application/json"


_Bounded = partial(field, min_value=0, required=False)


class NewRun(Body):
    """What a trainer sends when it begins."""

    key = field(Name, "The run's own name: the same again is the same run.", "4f1c2b")
    snapshot_digest = field(Name, "The snapshot that it learns from.", "abc")
    config = Document("Every setting of the run.", {"model": "xception"})
    is_simulated = field(Flag, "True if the snapshot is of a simulated world.", False)


class Epoch(Body):
    """Where the curves are at the end of an epoch."""

    epoch = field(Count, "", 1, min_value=0, max_value=1_000_000)
    loss = field(Number, "", 4.9, min_value=-1e12, max_value=1e12, required=False)
    top1 = field(Number, "", 0.21, min_value=0, max_value=1, required=False)
    val_loss = field(Number, "", 4.1, min_value=-1e12, max_value=1e12, required=False)
    val_top1 = field(Number, "", 0.33, min_value=0, max_value=1, required=False)
    learning_rate = field(Number, "", 0.0045, min_value=0, max_value=1e12, required=False)


class Heartbeat(Body):
    """How far a run is. All of it may be left out: then it says that the run goes on."""

    epoch = _Bounded(Count, "Epochs that have ended.", 1, max_value=1_000_000)
    epochs = _Bounded(Count, "", 80, max_value=1_000_000)
    step = _Bounded(Count, "Steps done, over all epochs.", 180_500, max_value=10**12)
    steps = _Bounded(Count, "Steps to the end.", 6_562_500, max_value=10**12)
    images_per_second = _Bounded(Number, "", 812.5, max_value=1e12)
    seconds = _Bounded(Number, "Time in training so far.", 28_000.0, max_value=1e12)
    seconds_left = _Bounded(Number, "", 2_010_000.0, max_value=1e12)
    loss = field(Number, "", 1.7, min_value=-1e12, max_value=1e12, required=False)
    top1 = _Bounded(Number, "", 0.48, max_value=1)
    precision = field(
        Text, "Like mixed_float16.", "mixed_float16", max_length=100, required=False, allow_blank=True
    )
    device = field(Text, "What it runs on.", "NVIDIA H100", max_length=100, required=False, allow_blank=True)
    history = field(
        Epoch, "Each epoch that has ended: the curves.", many=True, required=False, max_length=1_000
    )


class RunAddress(Address):
    """An address of runs: a trainer sees its own, staff see all, nobody else sees any."""

    permission_classes = (HasScope,)
    parser_classes: Sequence[type[BaseParser]] = (SmallJSON,)
    scopes: ClassVar[dict[str, tuple[Scope, ...]]] = {
        "GET": (Scope.TRAINER, Scope.STAFF),
        "HEAD": (Scope.TRAINER, Scope.STAFF),
        "POST": (Scope.TRAINER,),
        "PUT": (Scope.TRAINER,),
    }
    also_fails_with: ClassVar[tuple[int, ...]] = (403, 404)

    def runs(self, request: Request) -> QuerySet[models.Run]:
        """The runs that the token may see."""
        token: Any = request.auth
        if token.scope == Scope.STAFF:
            return queries.every_run()
        return queries.runs_of(token.pk)

    def run(self, request: Request, run_id: int) -> models.Run:
        """That run; NotFound if there is none, or it is another's."""
        result = queries.run_with_id(self.runs(request), run_id)
        if result is None:
            raise NotFound(f"You have no run {run_id}.")
        return result


class Runs(RunAddress):
    """Training runs."""

    also_fails_with: ClassVar[tuple[int, ...]] = (403, 409, 413, 415)

    @described("training_runs", "The runs that the token may see", RunsAnswer, PageQuery, tags=["training"])
    def get(self, request: Request, selected: Any) -> Response:
        following, shown = page(request, self.runs(request), "id", selected)
        return answer(following, list(map(_make, shown)))

    @described(
        "create_training_run",
        "Make a run, or find the one made with this key before",
        Run,
        tags=["training"],
        takes=NewRun,
        responses={200: Run, 201: Run},
    )
    def post(self, request: Request, _: Any) -> Response:
        recorded = NewRun(data=request.data)
        recorded.is_valid(raise_exception=True)
        run, is_new = services.create_run(request.auth.pk, **recorded.validated_data)
        return Response(_make(run), status=201 if is_new else 200)


class OneRun(RunAddress):
    """A training run."""

    @described("training_run", "A run, how far it is, and what came of it", Run, RUN_ID, tags=["training"])
    def get(self, request: Request, _: Any, run_id: int) -> Response:
        return Response(_make(self.run(request, run_id)))


class RunHeartbeat(RunAddress):
    """A sign of life."""

    also_fails_with: ClassVar[tuple[int, ...]] = (403, 404, 409, 413, 415)

    @described(
        "training_run_heartbeat",
        "Report that a run goes on, and how far it is",
        Run,
        RUN_ID,
        tags=["training"],
        takes=Heartbeat,
    )
    def post(self, request: Request, _: Any, run_id: int) -> Response:
        run = self.run(request, run_id)
        recorded = Heartbeat(data=request.data)
        recorded.is_valid(raise_exception=True)
        try:
            services.record_heartbeat(run, recorded.validated_data)
        except DataError as error:
            raise Conflict(str(error)) from None
        return Response(_make(self.run(request, run_id)))


class RunResults(RunAddress):
    """A run's results."""

    parser_classes = (AnyJSON,)
    also_fails_with: ClassVar[tuple[int, ...]] = (403, 404, 409, 413, 415)

    @described(
        "training_run_results",
        "Hand in a run's results, with `Content-Encoding: gzip` if you like; again changes nothing",
        Run,
        RUN_ID,
        tags=["training"],
        takes=Results,
    )
    def put(self, request: Request, _: Any, run_id: int) -> Response:
        run = self.run(request, run_id)
        try:
            results = document.read(request._request, is_gzip=self._is_gzip(request))
        except document.TooLargeError as error:
            raise TooLarge(str(error)) from None
        except DataError as error:
            raise ValidationError({"body": str(error)}) from None
        try:
            services.take_results(run, results)
        except DataError as error:
            raise Conflict(str(error)) from None
        return Response(_make(self.run(request, run_id)))

    def _is_gzip(self, request: Request) -> bool:
        """Whether the body is packed; what cannot be taken is refused before a byte is read."""
        kind = request.content_type.partition(";")[0].strip().lower()
        encoding = request.headers.get("Content-Encoding", "identity").lower()
        if kind != AnyJSON.media_type or encoding not in ("identity", "gzip"):
            raise UnsupportedMediaType(kind if encoding in ("identity", "gzip") else encoding)
        if int(request.headers.get("Content-Length") or 0) > document.LARGEST_SENT:
            raise TooLarge(f"The body is larger than {document.LARGEST_SENT >> 20} MiB.")
        return encoding == "gzip"
