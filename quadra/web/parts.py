"""What the web room is given: the engine's parts and how to reach them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from quadra.engine.access import Access
from quadra.engine.alert_service import Alerting
from quadra.engine.alerting import BeatStore, ExternalStore
from quadra.engine.announcements import Announcements
from quadra.engine.anomalies import AnomalyStore
from quadra.engine.audit import Audit
from quadra.engine.boards import BoardStore
from quadra.engine.catalog import Catalog
from quadra.engine.channels import ChannelDesk
from quadra.engine.descriptions import Descriptions
from quadra.engine.drill import Drill
from quadra.engine.feed import Feed
from quadra.engine.figures import FigureStore
from quadra.engine.happenings import Happenings
from quadra.engine.health import Health
from quadra.engine.history import History
from quadra.engine.journal import Journal
from quadra.engine.link import Link
from quadra.engine.models import ModelStore
from quadra.engine.ports import Clock, MemoStore, Runtime
from quadra.engine.queues import Queues
from quadra.engine.services import Services
from quadra.engine.training import Training
from quadra.engine.users import Users
from quadra.intake.own import RequestLog
from quadra.intake.scraper import Scraper
from quadra.settings import Settings
from quadra.telemetry.series import SeriesRules
from quadra.web.account_limit import AccountLimit
from quadra.web.identity import Identity
from utils.metrics import MetricsManager


@dataclass(frozen=True, slots=True)
class WebParts:
    """Everything a route may use; made once by the composition root."""

    settings: Settings
    runtime: Runtime
    clock: Clock
    access: Access
    users: Users
    audit: Audit
    identity: Identity
    account_limit: AccountLimit
    catalog: Catalog
    journal: Journal
    history: History
    descriptions: Descriptions
    memos: MemoStore
    health: Health
    queues: Queues
    feed: Feed
    link: Link
    announcements: Announcements
    rules: SeriesRules
    scraper: Scraper
    training: Training
    models: ModelStore
    alerting: Alerting
    channels: ChannelDesk
    anomalies: AnomalyStore
    boards: BoardStore
    external: ExternalStore
    beats: BeatStore
    figures: FigureStore
    drill: Drill
    services: Services
    happenings: Happenings
    backups: Callable[[], Mapping[str, float]]
    wake_worker: Callable[[], None]
    requests: RequestLog
    metrics: MetricsManager
    hostname: str
    instance: str
    started_at: float
    first_steps_token: Callable[[], str]
    consoles: Callable[[], int]
    samples_per_second: Callable[[], float]
