"""The REST API's addresses for trainers: their runs, heartbeats and results. Nothing here is public."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as fields
from rest_framework.exceptions import NotFound, UnsupportedMediaType, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from exporter.errors import DataError
from portal.accounts.models import Scope
from portal.api import answers, examples, serializers
from portal.api.addresses import Address
from portal.api.authentication import HasScope
from portal.api.bodies import Body, Count, Flag, Name, Number, SmallJSON, Text
from portal.api.paging import PageQuery, page
from portal.api.parameters import Query, path_id
from portal.api.problems import Conflict, TooLarge
from portal.training import document, queries, services
from portal.training.models import Run

RUN_ID = path_id("run_id", "The run's id, as it was answered when the run was made.")


class AnyJSON(BaseParser):
    """Names the media type of a results document, which `document.read` reads as a stream."""

    media_type = "application/json"


class NewRun(Body):
    """What a trainer tells when it begins."""

    key = Name(help_text="The run's own name: the same again is the same run.")
    snapshot_digest = Name(help_text="The snapshot that it learns from.")
    config = fields.DictField(help_text="Every setting of the run.")
    is_simulated = Flag(help_text="True if the snapshot is of a simulated world.")


class Epoch(Body):
    """Where the curves are at the end of an epoch."""

    epoch = Count(min_value=0, max_value=1_000_000)
    loss = Number(min_value=-1e12, max_value=1e12, required=False)
    top1 = Number(min_value=0, max_value=1, required=False)
    val_loss = Number(min_value=-1e12, max_value=1e12, required=False)
    val_top1 = Number(min_value=0, max_value=1, required=False)
    learning_rate = Number(min_value=0, max_value=1e12, required=False)


class Heartbeat(Body):
    """How far a run is. All of it may be left out: then it says that the run goes on."""

    epoch = Count(min_value=0, max_value=1_000_000, required=False, help_text="Epochs that have ended.")
    epochs = Count(min_value=0, max_value=1_000_000, required=False)
    step = Count(min_value=0, max_value=10**12, required=False, help_text="Steps done, over all epochs.")
    steps = Count(min_value=0, max_value=10**12, required=False, help_text="Steps to the end.")
    images_per_second = Number(min_value=0, max_value=1e12, required=False)
    seconds = Number(min_value=0, max_value=1e12, required=False, help_text="Time in training so far.")
    seconds_left = Number(min_value=0, max_value=1e12, required=False)
    loss = Number(min_value=-1e12, max_value=1e12, required=False)
    top1 = Number(min_value=0, max_value=1, required=False)
    precision = Text(max_length=100, required=False, help_text="Like mixed_float16.")
    device = Text(max_length=100, required=False, help_text="What it runs on.")
    history = Epoch(  # type: ignore[call-arg]  # REST framework makes a list of it
        many=True, required=False, max_length=1_000, help_text="Each epoch that has ended: the curves."
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

    def runs(self, request: Request) -> QuerySet[Run]:
        """The runs that the token may see."""
        token: Any = request.auth
        if token.scope == Scope.STAFF:
            return queries.every_run()
        return queries.runs_of(token.pk)

    def run(self, request: Request, run_id: int) -> Run:
        """That run; NotFound if there is none, or it is another's."""
        found = queries.run_with_id(self.runs(request), run_id)
        if found is None:
            raise NotFound(f"You have no run {run_id}.")
        return found


class Runs(RunAddress):
    """Training runs."""

    also_fails_with: ClassVar[tuple[int, ...]] = (403, 409, 413, 415)

    @extend_schema(
        operation_id="training_runs",
        summary="The runs that the token may see",
        tags=["training"],
        parameters=[PageQuery],
        responses=serializers.RunsAnswer,
    )
    def get(self, request: Request) -> Response:
        wanted = PageQuery.read(request.query_params)
        following, shown = page(request, self.runs(request), "id", wanted)
        return Response({"next": following, "results": [answers.run(run) for run in shown]})

    @extend_schema(
        operation_id="create_training_run",
        examples=examples.request(
            {
                "key": "4f1c2b",
                "snapshot_digest": "abc",
                "config": {"model": "xception"},
                "is_simulated": False,
            }
        ),
        summary="Make a run, or find the one made with this key before",
        tags=["training"],
        request=NewRun,
        responses={200: serializers.Run, 201: serializers.Run},
    )
    def post(self, request: Request) -> Response:
        Query.read(request.query_params)
        told = NewRun(data=request.data)
        told.is_valid(raise_exception=True)
        run, is_new = services.create_run(request.auth.pk, **told.validated_data)
        return Response(answers.run(run), status=201 if is_new else 200)


class OneRun(RunAddress):
    """A training run."""

    @extend_schema(
        operation_id="training_run",
        summary="A run, how far it is, and what came of it",
        tags=["training"],
        parameters=[RUN_ID],
        responses=serializers.Run,
    )
    def get(self, request: Request, run_id: int) -> Response:
        Query.read(request.query_params)
        return Response(answers.run(self.run(request, run_id)))


class RunHeartbeat(RunAddress):
    """A sign of life."""

    also_fails_with: ClassVar[tuple[int, ...]] = (403, 404, 409, 413, 415)

    @extend_schema(
        operation_id="training_run_heartbeat",
        examples=examples.request(examples.HEARTBEAT),
        summary="Tell that a run goes on, and how far it is",
        tags=["training"],
        parameters=[RUN_ID],
        request=Heartbeat,
        responses=serializers.Run,
    )
    def post(self, request: Request, run_id: int) -> Response:
        Query.read(request.query_params)
        run = self.run(request, run_id)
        told = Heartbeat(data=request.data)
        told.is_valid(raise_exception=True)
        try:
            services.record_heartbeat(run, told.validated_data)
        except DataError as error:
            raise Conflict(str(error)) from None
        return Response(answers.run(self.run(request, run_id)))


class RunResults(RunAddress):
    """A run's results."""

    parser_classes = (AnyJSON,)
    also_fails_with: ClassVar[tuple[int, ...]] = (403, 404, 409, 413, 415)

    @extend_schema(
        operation_id="training_run_results",
        examples=examples.request(examples.RESULTS),
        summary="Hand in a run's results, with `Content-Encoding: gzip` if you like; again changes nothing",
        tags=["training"],
        parameters=[RUN_ID],
        request=serializers.Results,
        responses=serializers.Run,
    )
    def put(self, request: Request, run_id: int) -> Response:
        Query.read(request.query_params)
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
        return Response(answers.run(self.run(request, run_id)))

    def _is_gzip(self, request: Request) -> bool:
        """Whether the body is packed; what cannot be taken is refused before a byte is read."""
        kind = request.content_type.partition(";")[0].strip().lower()
        encoding = request.headers.get("Content-Encoding", "identity").lower()
        if kind != AnyJSON.media_type or encoding not in ("identity", "gzip"):
            raise UnsupportedMediaType(kind if encoding in ("identity", "gzip") else encoding)
        if int(request.headers.get("Content-Length") or 0) > document.LARGEST_SENT:
            raise TooLarge(f"The body is larger than {document.LARGEST_SENT >> 20} MiB.")
        return encoding == "gzip"
