"""A run's rows on their way to SQL: a few large writes instead of many small ones, each proof that we hold the run."""

import time

from service.schemas.statistics import LayerStatistics, NetworkStatistics, TimeProfile
from service.settings import Settings
from service.store import runs, statistics
from service.store.database import Database
from service.store.runs import Claim
from workers.messages import Batch

WRITE_SECONDS = 0.5
"""Pause between two writes: how old what a client sees live may be, and how late a cancellation is noticed."""
MOST_ROWS = 5_000
"""Rows that are written without waiting for the pause to end."""


class Logbook:
    """Keeps the rows of one attempt, its progress and its lease."""

    def __init__(self, database: Database, claim: Claim, settings: Settings) -> None:
        self._database = database
        self._claim = claim
        self._lease_seconds = settings.lease_seconds
        self._heartbeat_seconds = settings.heartbeat_seconds
        self._renewed_at = self._written_at = time.monotonic()
        self._layers: list[LayerStatistics] = []
        self._network: list[NetworkStatistics] = []
        self._time_profiles: list[TimeProfile] = []
        self.step = 0
        """Steps done so far."""
        self._loss: float | None = None

    def learn_layers(self, claim: Claim) -> None:
        """Take the claim with the layers that the network turned out to have; ValueError once rows were taken."""
        if self._layers or self._network or self.step:
            raise ValueError("it told its layers after it had sent rows")
        self._claim = claim

    def add(self, batch: Batch) -> None:
        """Take rows; raises ValueError on rows of layers or steps that this run does not have."""
        known = self._claim.layer_keys
        depths = {row.depth for row in batch.layers} | {row.depth for row in batch.time_profiles}
        steps = {row.step for row in batch.layers} | {row.step for row in batch.network}
        steps |= {row.step for row in batch.time_profiles}
        if not depths <= known.keys():
            raise ValueError("it sent rows of layers that the network does not have")
        if not all(0 <= step < self._claim.order.steps for step in steps):
            raise ValueError("it sent rows of steps that the run does not have")
        self._layers += batch.layers
        self._network += batch.network
        self._time_profiles += batch.time_profiles
        newest = max(batch.network, key=lambda row: row.step, default=None)
        if newest is not None and newest.step >= self.step:
            self.step, self._loss = newest.step + 1, newest.loss

    def keep(self) -> bool:
        """Write and renew what is due; False when the run is no longer ours."""
        now = time.monotonic()
        rows = len(self._layers) + len(self._network)
        if now - self._written_at < WRITE_SECONDS and rows < MOST_ROWS:
            return True
        if not self.write() or not runs.report(self._database, self._claim, self.step, self._loss):
            return False
        if now - self._renewed_at >= self._heartbeat_seconds:
            self._renewed_at = now
            return runs.renew(self._database, self._claim, self._lease_seconds)
        return True

    def write(self) -> bool:
        """Write all rows that wait; False when the run is no longer ours."""
        self._written_at = time.monotonic()
        layers, network, time_profiles = self._layers, self._network, self._time_profiles
        if not layers and not network and not time_profiles:
            return True
        self._layers, self._network, self._time_profiles = [], [], []
        return statistics.append(
            self._database, self._claim, layers=layers, network=network, time_profiles=time_profiles
        )
