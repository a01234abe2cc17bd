import ipaddress
import socket
from collections.abc import Sequence

import pytest

from quadra.channels.email import EmailSender
from quadra.channels.form import channel_from
from quadra.engine.channels import Channel, Delivery, Sent
from quadra.errors import InvalidError
from quadra.outward.egress import (
    Address,
    Egress,
    EgressError,
    NoSuchHostError,
    kind_of_private,
    resolve,
)
from tests.servers.receivers import MailReceiver

PRIVATE = [
    "0.0.0.0",  # noqa: S104 - nothing binds to it
    "127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1",
    "169.254.169.254", "100.64.0.1", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.88.99.1",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1",
    "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::",
    "3fff::1", "5f00::1", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111",
          "2a00:1450::1", "::ffff:8.8.8.8"]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public_have_a_kind(address: str) -> None:
    assert kind_of_private(ipaddress.ip_address(address)) is not None


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_have_none(address: str) -> None:
    assert kind_of_private(ipaddress.ip_address(address)) is None


def egress(*addresses: str, allow_private: bool = False) -> Egress:
    asked: list[str] = []

    def found(host: str, _port: int, flags: int) -> Sequence[tuple[int, str]]:
        if flags & socket.AI_NUMERICHOST:
            raise socket.gaierror
        asked.append(host)
        assert 1 == len(asked), "a name is looked up once"
        return [(socket.AF_INET, one) for one in addresses]

    return Egress("SETTING", allow_private=allow_private, resolve=lambda *a: list(found(*a)))


def test_a_name_gives_the_addresses_that_were_judged() -> None:
    expected = [Address(socket.AF_INET, ip, 9100) for ip in ("8.8.8.8", "1.1.1.1")]
    assert expected == egress("8.8.8.8", "1.1.1.1", "8.8.8.8").addresses("x.example", 9100)


def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    with pytest.raises(EgressError, match="a loopback address; start Quadra with SETTING=true"):
        egress("8.8.8.8", "127.0.0.1").addresses("x.example", 80)


def test_private_addresses_pass_where_they_are_allowed() -> None:
    found = egress("127.0.0.1", "10.0.0.1", allow_private=True).addresses("x.example", 80)
    assert ["127.0.0.1", "10.0.0.1"] == [one.ip for one in found]


def test_a_name_without_an_address_says_so() -> None:
    with pytest.raises(NoSuchHostError):
        egress().addresses("x.example", 80)
    with pytest.raises(NoSuchHostError):
        Egress("SETTING").addresses("a..b", 80)


@pytest.mark.parametrize(
    "host", ["127.1", "0x7f.1", "2130706433", "0177.0.0.1", "::1", "127.0.0.1"]
)
def test_an_address_is_known_as_one_however_it_is_written(host: str) -> None:
    with pytest.raises(EgressError):
        Egress("SETTING").numeric(host, 80)
    with pytest.raises(EgressError):
        Egress("SETTING").addresses(host, 80)


def test_a_name_is_no_address() -> None:
    assert Egress("SETTING").numeric("localhost", 80) is None


def test_the_system_is_asked_for_stream_addresses_once_each() -> None:
    assert [(socket.AF_INET, "127.0.0.1")] == resolve("127.0.0.1", 80)


def test_mail_is_handed_in_at_the_address_that_was_judged() -> None:
    """Asked a second time, the name could mean a place inside."""
    asked: list[str] = []

    def resolve_once(host: str, _port: int, _flags: int) -> list[tuple[int, str]]:
        asked.append(host)
        return [(socket.AF_INET, "127.0.0.1")]

    egress = Egress("X", allow_private=True, resolve=resolve_once)
    with MailReceiver() as office:
        url = office.url.replace("127.0.0.1", "mail.invalid")
        channel = Channel("m", "email", url, settings={"to": ["a@b.example"]})
        page = Delivery(1, "d", "g", "m", "firing", "test", [], 0.0, 0)
        assert isinstance(EmailSender(egress).send(channel, [page]), Sent)
        assert 1 == len(office.wait(1))
    assert ["mail.invalid"] == asked


@pytest.mark.parametrize(
    "sender", ["\u00fc@example.org", "a\x0bb@example.org", "a\u2028@example.org"]
)
def test_a_sender_that_no_header_holds_is_refused_when_saved(sender: str) -> None:
    """It would have failed anew at each try to send."""
    settings = {"to": ["a@b.example"], "from": sender}
    wish = {"name": "m", "kind": "email", "url": "smtp://192.0.2.1", "settings": settings}
    with pytest.raises(InvalidError) as refused:
        channel_from(wish, Egress("X", allow_private=True))
    assert "settings.from" in {fault.field for fault in refused.value.faults}
