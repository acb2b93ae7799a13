"""Folders in memory are deleted with their process, or by the next one where it was killed."""

import shutil
from collections import namedtuple

from tests.support import folders
from tests.support.folders import QuickFolder

Usage = namedtuple("Usage", "free")


def room_of(free):
    return lambda _place: Usage(free)


def test_folder_lies_in_memory_where_there_is_room(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", room_of(folders.LEAST))

    folder = QuickFolder(tmp_path)

    assert folder.path.parent == tmp_path
    folder.close()
    assert list(tmp_path.iterdir()) == []


def test_folder_lies_on_the_disk_where_memory_is_short(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", room_of(folders.LEAST - 1))

    folder = QuickFolder(tmp_path)

    assert folder.path.parent != tmp_path
    folder.close()
    assert not folder.path.exists()


def test_folder_of_a_killed_process_is_deleted_and_one_in_use_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", room_of(folders.LEAST))
    left = tmp_path / f"{folders.PREFIX}left"
    left.mkdir()
    (left / folders.LOCK).touch()
    used = QuickFolder(tmp_path)

    newest = QuickFolder(tmp_path)

    assert not left.exists()
    assert used.path.exists()
    for folder in (used, newest):
        folder.close()
