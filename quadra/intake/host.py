"""This host's vital signs, once a second: CPU, memory, disks, network, temperatures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psutil

Reading = tuple[str, dict[str, str], float]
"""A measured value: name, labels, value."""

_MODES = ("user", "system", "iowait", "nice", "irq", "softirq", "steal")
_MEMORY = ("used", "available", "cached", "buffers", "free", "total")
_LOADS = ("1m", "5m", "15m")
_VIRTUAL = {"tmpfs", "devtmpfs", "squashfs", "overlay", "proc", "sysfs", "cgroup2"}
_MAX_MOUNTS = _MAX_DEVICES = _MAX_INTERFACES = _MAX_SENSORS = 16
_PARTITION_SUFFIX = "0123456789"


@dataclass(slots=True)
class HostSource:
    """Reads psutil; rates come from the difference to the reading before. Blocking."""

    hostname: str
    _cpu: Any = None
    _cores: list[Any] = field(default_factory=list)
    _disks: dict[str, Any] = field(default_factory=dict)
    _networks: dict[str, Any] = field(default_factory=dict)
    _at: float = 0.0

    def read(self, now: float) -> list[Reading]:
        """Measure everything there is on this machine; ``now`` in unix seconds."""
        elapsed = now - self._at
        readings = [
            *self._cpus(),
            *_load(),
            *_memory(),
            *_swap(),
            *_mounts(),
            *self._disk_io(elapsed),
            *self._network(elapsed),
            *_temperatures(),
        ]
        self._at = now
        return [
            (name, {"host": self.hostname, **labels}, value) for name, labels, value in readings
        ]

    def _cpus(self) -> Iterator[Reading]:
        before, self._cpu = self._cpu, psutil.cpu_times()
        if before is not None:
            shares = _shares(before, self._cpu)
            for mode in _MODES:
                if mode in shares:
                    yield "host_cpu_percent", {"mode": mode}, shares[mode]
            yield "host_cpu_busy_percent", {}, _busy(shares)
        cores_before, self._cores = self._cores, psutil.cpu_times(percpu=True)
        if len(cores_before) == len(self._cores):
            for core, (old, new) in enumerate(zip(cores_before, self._cores, strict=True)):
                yield "host_cpu_core_percent", {"core": str(core)}, _busy(_shares(old, new))

    def _disk_io(self, elapsed: float) -> Iterator[Reading]:
        before, self._disks = self._disks, _whole_disks()
        for device, new in list(self._disks.items())[:_MAX_DEVICES]:
            old = before.get(device)
            if old is None or elapsed <= 0:
                continue
            labels = {"device": device}
            read, written = new.read_bytes - old.read_bytes, new.write_bytes - old.write_bytes
            if read >= 0 and written >= 0:
                yield "host_disk_read_bytes_per_second", labels, read / elapsed
                yield "host_disk_write_bytes_per_second", labels, written / elapsed

    def _network(self, elapsed: float) -> Iterator[Reading]:
        before, self._networks = self._networks, psutil.net_io_counters(pernic=True)
        for interface, new in list(self._networks.items())[:_MAX_INTERFACES]:
            old = before.get(interface)
            if old is None or elapsed <= 0:
                continue
            labels = {"interface": interface}
            received, sent = new.bytes_recv - old.bytes_recv, new.bytes_sent - old.bytes_sent
            if received >= 0 and sent >= 0:
                yield "host_network_receive_bytes_per_second", labels, received / elapsed
                yield "host_network_transmit_bytes_per_second", labels, sent / elapsed


def _shares(before: Any, after: Any) -> dict[str, float]:
    """Give each mode's share of the time between two readings, in percent."""
    spent = {mode: max(getattr(after, mode) - getattr(before, mode), 0.0) for mode in after._fields}
    # Linux counts a guest's time a second time within user and nice.
    whole = sum(v for mode, v in spent.items() if mode not in ("guest", "guest_nice"))
    return {mode: 100 * v / whole if whole else 0.0 for mode, v in spent.items()}


def _busy(shares: dict[str, float]) -> float:
    return min(max(100.0 - shares.get("idle", 0.0) - shares.get("iowait", 0.0), 0.0), 100.0)


def _load() -> Iterator[Reading]:
    for window, value in zip(_LOADS, psutil.getloadavg(), strict=True):
        yield "host_load", {"window": window}, value


def _memory() -> Iterator[Reading]:
    memory = psutil.virtual_memory()
    yield "host_memory_used_percent", {}, memory.percent
    for state in _MEMORY:
        if hasattr(memory, state):
            yield "host_memory_bytes", {"state": state}, float(getattr(memory, state))


def _swap() -> Iterator[Reading]:
    swap = psutil.swap_memory()
    if swap.total:
        yield "host_swap_used_percent", {}, swap.percent
        for state in ("used", "free", "total"):
            yield "host_swap_bytes", {"state": state}, float(getattr(swap, state))


def _mounts() -> Iterator[Reading]:
    seen: set[str] = set()
    for partition in psutil.disk_partitions(all=False):
        if partition.fstype in _VIRTUAL or partition.device in seen or len(seen) >= _MAX_MOUNTS:
            continue
        try:
            usage = psutil.disk_usage(partition.mountpoint)
        except OSError:
            continue
        if not usage.total:
            continue
        seen.add(partition.device)
        labels = {"mount": partition.mountpoint}
        yield "host_disk_used_percent", labels, usage.percent
        for state in ("used", "free", "total"):
            yield "host_disk_bytes", {**labels, "state": state}, float(getattr(usage, state))


def _whole_disks() -> dict[str, Any]:
    """Leave out loop devices, and partitions whose disk is counted as a whole."""
    counters = psutil.disk_io_counters(perdisk=True) or {}
    names = {name for name in counters if not name.startswith(("loop", "ram", "zram"))}

    def is_partition(name: str) -> bool:
        parent = name.rstrip(_PARTITION_SUFFIX)
        return parent != name and bool({parent, parent.removesuffix("p")} & (names - {name}))

    return {name: counters[name] for name in sorted(names) if not is_partition(name)}


def _temperatures() -> Iterator[Reading]:
    read = getattr(psutil, "sensors_temperatures", None)
    if read is None:
        return
    count = 0
    for chip, sensors in read().items():
        for number, sensor in enumerate(sensors):
            if count >= _MAX_SENSORS or sensor.current is None:
                continue
            count += 1
            labels = {"chip": chip, "sensor": sensor.label or str(number)}
            yield "host_temperature_celsius", labels, float(sensor.current)
