"""What the views work with, handed to the application when it was created."""

import threading
from dataclasses import dataclass

from flask import Flask, current_app

from service.api.watch import Watcher
from service.queue import Queue
from service.settings import Settings
from service.store import diagnoses
from service.store.database import Database
from service.store.files import DatasetFiles, NetworkFiles

EXTENSION = "gradclinic"


@dataclass(frozen=True)
class Clinic:
    """The settings, the stores, the way to the workers and the waiting of one application."""

    settings: Settings
    database: Database
    queue: Queue
    files: DatasetFiles
    network_files: NetworkFiles
    watcher: Watcher
    long_lived: threading.BoundedSemaphore
    """Free places for answers that keep a thread: long polls and event streams."""


def attach(app: Flask, of: Clinic) -> None:
    """Make `clinic()` answer with this one inside the application."""
    app.extensions[EXTENSION] = of


def open_clinic(settings: Settings, database: Database, queue: Queue) -> Clinic:
    """The clinic of one process; nothing is connected or started before it is needed."""
    return Clinic(
        settings=settings,
        database=database,
        queue=queue,
        files=DatasetFiles(settings.datasets_dir),
        network_files=NetworkFiles(settings.networks_dir),
        watcher=Watcher(lambda diagnosis_id: diagnoses.get(database, diagnosis_id)),
        long_lived=threading.BoundedSemaphore(settings.streams_per_process),
    )


def clinic() -> Clinic:
    """The clinic of the application that handles the current request."""
    current: Clinic = current_app.extensions[EXTENSION]
    return current
