"""The worker: judges, delivers, trains, seals. Imports nothing that only serves: 40 MB."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from quadra.alerts.defaults import default_rules
from quadra.engine.anomaly_watch import AnomalyWatch
from quadra.engine.bell import Bell
from quadra.engine.channels import FROM_SETTINGS, Channel
from quadra.engine.disk import Disk
from quadra.engine.duty import Duty
from quadra.engine.figures import Figures
from quadra.engine.helper_process import BEAT, BEAT_EVERY_S
from quadra.engine.judge import Judge
from quadra.engine.lease import Leases, keep
from quadra.engine.trainer import Trainer, TrainerParts
from quadra.engine.upkeep import Upkeep
from quadra.errors import QuadraError
from quadra.field.foretold import Surprise
from quadra.settings import Settings
from quadra.storage.alert_rules import SqlRules
from quadra.storage.anomalies import FileMemory, SqlTuning
from quadra.storage.database import Database
from quadra.storage.history import SqlHistory
from quadra.storage.journal import SqlJournal
from quadra.storage.judging import SqlJudge
from quadra.storage.leases import SqlLeases, guard
from quadra.storage.models import FolderModels
from quadra.storage.rule_files import RuleFiles
from quadra.storage.series import SqlSeries
from quadra.storage.training import SqlTraining
from quadra.wiring.arguments import complain
from quadra.wiring.calling import call_through_redis
from quadra.wiring.common import (
    WORKER,
    make_channels,
    make_history,
    make_keeper,
    prepare,
    process_name,
)
from quadra.wiring.counting import counting, database_meter
from quadra.wiring.delivery import make_dispatcher
from quadra.wiring.memory import give_back_until

CHILD_NICENESS = 5  # on a core that both want, a burst of intake has three quarters of it
TRAINING_ENDS_WITHIN_S = 0.8
JUDGE_CATCHES_UP_WITHIN_S = 60.0
WORKER_ENDS_WITHIN_S = 0.8


def work(*, is_child: bool) -> int:
    """Be the worker until a signal comes or, as a child, until the parent is gone."""
    try:
        settings = Settings.from_env()
        database = prepare(settings, is_child=is_child)
    except QuadraError as error:
        complain(error)
        return 2
    bell = Bell()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: bell.end())
    if is_child:
        os.nice(CHILD_NICENESS)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which tells us
        os.set_blocking(sys.stdout.fileno(), False)  # a parent that hangs must not hold us
        threading.Thread(target=_hear_parent, args=(bell,), daemon=True).start()
        threading.Thread(target=_beat, args=(bell.sleeper(),), daemon=True).start()

    leases = Leases(SqlLeases(database), process_name(socket.gethostname()), time.monotonic)
    is_ours = leases.want(WORKER)
    keeper = threading.Thread(target=keep, args=(leases.step, leases.leave, bell.sleeper()))
    keeper.start()
    threading.Thread(target=give_back_until, args=(bell.sleeper(),), daemon=True).start()
    # Whatever the work writes is refused once another process has taken it over.
    figures = Figures()
    fenced = Database(
        settings.database_url, guard(lambda: leases.fence(WORKER)), database_meter(figures)
    )
    told = _tell_parent if is_child else call_through_redis(settings, database, bell)
    # What came otherwise than the field foretold: from the trainer's thread to the judge's.
    surprises: deque[Surprise] = deque(maxlen=1_000)

    def work_on(wait: Callable[[float], bool]) -> None:
        with (
            counting(figures, fenced),
            judging(settings, fenced, bell, told, figures, surprises) as judge,
        ):
            do_work(settings, fenced, judge, wait, surprises)

    Duty(is_ours, bell.sleeper()).run(work_on)
    keeper.join()
    fenced.close()
    database.close()
    return 0


@contextlib.contextmanager
def judging(
    settings: Settings,
    database: Database,
    bell: Bell,
    tell_consoles: Callable[[], None],
    figures: Figures,
    surprises: deque[Surprise],
) -> Iterator[Judge]:
    """Judge alert rules, follow their files and deliver pages, for as long as the block."""
    inner = Bell()

    def told() -> None:
        inner.ring()
        tell_consoles()

    judge = make_judge(settings, database, told, figures, surprises)
    files = RuleFiles(settings.rules_dir, SqlRules(database), time.time, inner.ring)
    given = Channel(FROM_SETTINGS, "slack", settings.slack_webhook_url, origin="settings")
    make_channels(settings, database).put_given([given] if settings.slack_webhook_url else [])
    dispatcher = make_dispatcher(settings, database, tell_consoles)
    threads = [
        threading.Thread(target=judge.run, args=(inner.ear(),), name="judge"),
        threading.Thread(target=dispatcher.run, args=(inner.ear(),), name="dispatcher"),
        threading.Thread(target=files.run, args=(inner.sleeper(),), name="rule-files"),
    ]
    bell.pass_on(inner)
    for thread in threads:
        thread.start()
    try:
        yield judge
    finally:
        bell.stop_passing(inner)
        inner.end()
        for thread in threads:
            thread.join(WORKER_ENDS_WITHIN_S)


def make_judge(
    settings: Settings,
    database: Database,
    told: Callable[[], None],
    figures: Figures,
    surprises: deque[Surprise],
) -> Judge:
    """Make the judge of alert rules; a new installation gets its first rules."""
    SqlRules(database).begin_with(default_rules(), time.time())
    journal = SqlJournal(database, time.time)
    memory = FileMemory(settings.data_dir / "anomalies.state")
    watch = AnomalyWatch(journal, memory, SqlTuning(database), time.time, figures, surprises)
    return Judge(
        journal,
        make_history(settings, database, time.time),
        SqlJudge(database),
        time.time,
        observers=[watch],
        told=told,
        keep_s=settings.retention_raw,
    )


def do_work(
    settings: Settings,
    database: Database,
    judge: Judge,
    wait: Callable[[float], bool],
    surprises: deque[Surprise],
) -> None:
    """Do what one process does among all, until ``wait(seconds)`` says that it ends."""
    trainer = Trainer(
        TrainerParts(
            training=SqlTraining(database),
            models=FolderModels(settings.models_dir),
            journal=SqlJournal(database, time.time),
            history=make_history(settings, database, time.time),
            series=SqlSeries(database),
            clock=time.time,
        ),
        surprised=surprises.extend,
    )
    over = threading.Event()
    training = threading.Thread(target=trainer.run, args=(over.wait,), name="trainer")
    training.start()
    disk = Disk(settings.disk_budget, settings.data_dir, SqlHistory(database).size)
    # What is sealed is dropped from the journal soon: what came while nobody judged comes first.
    until = time.monotonic() + JUDGE_CATCHES_UP_WITHIN_S
    while not judge.has_caught_up and time.monotonic() < until and not wait(0.05):
        pass
    Upkeep(make_keeper(settings, database, time.time), disk).run(wait)
    over.set()
    training.join(TRAINING_ENDS_WITHIN_S)


def _hear_parent(bell: Bell) -> None:
    """Be woken by each line of the parent, and stop when it is gone."""
    while os.read(sys.stdin.fileno(), 4096):
        bell.ring()
    bell.end()


def _beat(wait: Callable[[float], bool]) -> None:
    """Show the parent that this process lives, whatever its database does."""
    _say(BEAT)  # at once: who has never beaten is given a minute to start
    while not wait(BEAT_EVERY_S):
        _say(BEAT)


def _say(line: bytes) -> None:
    """Tell the parent; one that does not read has enough to read already."""
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), line)


def _tell_parent() -> None:
    """Say that there is news."""
    _say(b"\n")
