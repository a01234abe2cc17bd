from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from quadra.intake import host
from quadra.intake.host import HostSource
from quadra.telemetry.series import SeriesRules, series_key
from tests.unit.fakes import NOW


def test_this_machine_has_vital_signs_within_their_bounds() -> None:
    source = HostSource("here")
    source.read(NOW)
    found = source.read(NOW + 1)
    names = {name for name, _labels, _value in found}
    assert {
        "host_cpu_busy_percent",
        "host_cpu_percent",
        "host_cpu_core_percent",
        "host_load",
        "host_memory_used_percent",
        "host_memory_bytes",
    } <= names
    for name, labels, value in found:
        assert [] == SeriesRules().faults(series_key(name, labels), None)
        assert "here" == labels["host"]
        assert value >= 0
        assert not name.endswith("_percent") or value <= 100
    keys = [series_key(name, labels) for name, labels, _value in found]
    assert len(keys) == len(set(keys))


def test_the_first_reading_has_no_rates() -> None:
    names = {name for name, _labels, _value in HostSource("here").read(NOW)}
    assert not {name for name in names if "per_second" in name or "cpu" in name}


def counters(**values: Any) -> Any:
    return SimpleNamespace(**values)


def test_disk_and_network_rates_are_differences_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    readings = iter([(1000, 0), (3000, 500), (100, 700)])

    def disks(perdisk: bool) -> dict[str, Any]:
        read, written = next(readings)
        disk = counters(read_bytes=read, write_bytes=written)
        return {"sda": disk, "sda1": disk, "loop0": disk}

    monkeypatch.setattr(psutil, "disk_io_counters", disks)
    source = HostSource("here")

    def rates(now: float) -> dict[tuple[str, str], float]:
        return {
            (name, labels["device"]): value
            for name, labels, value in source.read(now)
            if name.startswith("host_disk") and name.endswith("per_second")
        }

    assert {} == rates(NOW)
    assert {
        ("host_disk_read_bytes_per_second", "sda"): 1000.0,
        ("host_disk_write_bytes_per_second", "sda"): 250.0,
    } == rates(NOW + 2)
    assert {} == rates(NOW + 3)  # a counter that fell began again: no rate, rather than a wrong one


@pytest.mark.parametrize(
    ("names", "whole"),
    [
        (["sda", "sda1", "sda2"], ["sda"]),
        (["nvme0n1", "nvme0n1p1"], ["nvme0n1"]),
        (["mmcblk0", "mmcblk0p2"], ["mmcblk0"]),
        (["vda1"], ["vda1"]),  # a container may see only the partition
        (["dm-0", "dm-1"], ["dm-0", "dm-1"]),
        (["loop0", "ram1", "zram0"], []),
        ([], []),
    ],
)
def test_a_disk_is_counted_once_and_not_again_with_its_partitions(
    names: list[str], whole: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        psutil, "disk_io_counters", lambda perdisk: dict.fromkeys(names, counters())
    )
    assert whole == list(host._whole_disks())


def test_shares_of_cpu_time_are_parts_of_a_hundred() -> None:
    class Times(SimpleNamespace):
        _fields = ("user", "system", "idle", "iowait", "guest")

    before = Times(user=10, system=5, idle=80, iowait=5, guest=4)
    after = Times(user=20, system=10, idle=110, iowait=10, guest=12)
    shares = host._shares(before, after)
    assert (20.0, 10.0, 60.0, 10.0) == (
        shares["user"],
        shares["system"],
        shares["idle"],
        shares["iowait"],
    )
    assert 30.0 == pytest.approx(host._busy(shares))
    assert 0.0 == host._shares(after, after)["user"]
