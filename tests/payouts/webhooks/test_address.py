"""Where nothing is sent: inside, by whatever name or number it is called, and wherever a name leads by now."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from payouts.webhooks import posting
from payouts.webhooks.address import AddressFault, AddressRefused, NameUnknown, Rules, enter, is_public, named_hosts
from payouts.webhooks.posting import Trouble, post
from tests.receiving import receiver

LIVE, SANDBOX = Rules(sandbox=False), Rules(sandbox=True)
INSIDE = [
    "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.8", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "168.63.129.16", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "::", "::1", "fe80::1",
    "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "::ffff:127.0.0.1", "::ffff:10.0.0.8",
    "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    "2001::1", "2001:db8::1", "100::1", "4000::1",
]  # fmt: skip
OUTSIDE = ["8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]


def leads_to(*addresses):
    return lambda host, port: list(addresses)


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_refused(address):
    assert not is_public(address)
    with pytest.raises(AddressRefused):
        enter("https://hooks.example.org/x", LIVE, look_up=leads_to("8.8.8.8", address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_outside_is_taken(address):
    assert is_public(address)


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001", "017700000001", "[::1]", "0"])
def test_other_ways_to_write_this_machine_are_refused_too(host):
    with pytest.raises(AddressRefused) as refused:
        enter(f"https://{host}/", LIVE)
    assert refused.value.fault is AddressFault.INTERNAL


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://hooks.example.org/", AddressFault.NOT_HTTPS),
        ("https://hooks.example.org:22/", AddressFault.PORT),
        ("https://hooks.example.org:0/", AddressFault.PORT),
        ("https://hooks.example.org:99999/", AddressFault.NOT_AN_ADDRESS),
        ("https://somebody:secret@hooks.example.org/", AddressFault.NOT_AN_ADDRESS),
        ("https://hooks.example.org/#part", AddressFault.NOT_AN_ADDRESS),
        ("https://hooks.example.org\\@inside/", AddressFault.NOT_AN_ADDRESS),
        ("https://hooks.example.org/\r\nHost: inside", AddressFault.NOT_AN_ADDRESS),
        ("https://", AddressFault.NOT_AN_ADDRESS),
        ("https:///path", AddressFault.NOT_AN_ADDRESS),
        ("ftp://hooks.example.org/", AddressFault.NOT_AN_ADDRESS),
        ("gopher://hooks.example.org:443/", AddressFault.NOT_AN_ADDRESS),
        ("file:///etc/passwd", AddressFault.NOT_AN_ADDRESS),
        (f"https://hooks.example.org/{'x' * 500}", AddressFault.NOT_AN_ADDRESS),
        (f"https://{'x' * 64}.example.org/", AddressFault.NOT_AN_ADDRESS),
        ("hooks.example.org", AddressFault.NOT_AN_ADDRESS),
    ],
)
def test_an_address_of_another_form_is_refused_and_told_why(url, fault):
    with pytest.raises(AddressRefused) as refused:
        enter(url, LIVE, look_up=leads_to("8.8.8.8"))
    assert refused.value.fault is fault


def test_a_sandbox_takes_http_and_the_operator_may_name_hosts_inside():
    assert enter("http://hooks.example.org:8080/x", SANDBOX, look_up=leads_to("8.8.8.8"))
    with pytest.raises(AddressRefused):
        enter("http://127.0.0.1:9000/", SANDBOX)
    assert enter("http://127.0.0.1:9000/", Rules(sandbox=True, named=named_hosts("127.0.0.1:9000, ")))
    with pytest.raises(AddressRefused):
        enter("http://127.0.0.1:9001/", Rules(sandbox=True, named=named_hosts("127.0.0.1:9000")))
    with pytest.raises(AddressRefused):
        enter("http://127.0.0.1:9000/", Rules(sandbox=False, named=named_hosts("127.0.0.1")))


def test_a_name_that_leads_inside_by_the_time_of_sending_is_not_called():
    with receiver() as there:
        port = int(there.url.split(":")[2].split("/")[0])
        rules = Rules(sandbox=True, named=named_hosts(f"somewhere.example:{port}"))
        url = f"http://hooks.example.org:{port}/"
        assert post(url, b"{}", {}, SANDBOX, look_up=leads_to("127.0.0.1")).trouble is Trouble.ADDRESS_REFUSED
        named = f"http://somewhere.example:{port}/x?y=1"
        assert post(named, b"{}", {}, rules, look_up=leads_to("127.0.0.1")).is_taken
    (received,) = there.received
    assert received.headers["host"] == f"somewhere.example:{port}", "by its name, at the address that was looked at"
    assert received.path == "/x?y=1"


def test_what_a_name_leads_to_is_asked_once_and_called_at_that():
    asked = []

    def rebinding(host, port):
        asked.append(host)
        return ["8.8.8.8"] if len(asked) > 1 else ["127.0.0.1"]

    with receiver() as there:
        port = int(there.url.split(":")[2].split("/")[0])
        rules = Rules(sandbox=True, named=named_hosts("somewhere.example"))
        assert post(f"http://somewhere.example:{port}/", b"{}", {}, rules, look_up=rebinding).is_taken
    assert asked == ["somewhere.example"]


def test_nobody_there_and_no_such_name_are_told_apart():
    def unknown(host, port):
        raise NameUnknown(host)

    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    rules = Rules(sandbox=True, named=named_hosts("127.0.0.1"))
    assert post(f"http://127.0.0.1:{port}/", b"{}", {}, rules).trouble is Trouble.NOT_REACHED
    assert post("https://nowhere.example/", b"{}", {}, LIVE, look_up=unknown).trouble is Trouble.NAME_UNKNOWN


def test_a_receiver_that_dribbles_is_cut_off(monkeypatch):
    monkeypatch.setattr(posting, "LONGEST_SECONDS", 0.3)
    server = socket.create_server(("127.0.0.1", 0))

    def dribble():
        taken, _ = server.accept()
        with taken:
            try:
                while True:
                    taken.sendall(b"H")
                    if not taken.recv(1):
                        return
            except OSError:
                return

    thread = Thread(target=dribble, daemon=True)
    thread.start()
    rules = Rules(sandbox=True, named=named_hosts("127.0.0.1"))
    answer = post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {}, rules)
    assert not answer.is_taken
    assert answer.trouble in (Trouble.TOO_SLOW, Trouble.NOT_HTTP)
    thread.join()
    server.close()


def a_certificate(folder, host):
    """A certificate that vouches for itself, and the file that holds it with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    at = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, at - timedelta(days=1), at + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    signed = made.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    path = folder / f"{host}.pem"
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(pem)
    )
    return path


@pytest.mark.parametrize(("host", "trusted"), [("hooks.example", True), ("another.example", False)])
def test_over_https_the_name_counts_and_not_the_address(tmp_path, monkeypatch, host, trusted):
    path = a_certificate(tmp_path, "hooks.example")
    inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    inside.load_cert_chain(path)
    trusting = ssl.create_default_context(cafile=path)
    monkeypatch.setattr(posting, "certificates", lambda: trusting)
    asked_for = []
    inside.sni_callback = lambda _, name, __: asked_for.append(name)
    server = socket.create_server(("127.0.0.1", 0))

    def answer():
        taken, _ = server.accept()
        try:
            with inside.wrap_socket(taken, server_side=True) as secured:
                came = b""
                while not came.endswith(b"{}"):
                    came += secured.recv(4096)
                secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        except OSError:
            taken.close()

    thread = Thread(target=answer, daemon=True)
    thread.start()
    port = server.getsockname()[1]
    rules = Rules(sandbox=False, named=named_hosts(f"{host}:{port}"))
    got = post(f"https://{host}:{port}/", b"{}", {}, rules, look_up=leads_to("127.0.0.1"))
    thread.join()
    server.close()
    assert asked_for == [host]
    assert got.is_taken is trusted
    assert trusted or got.trouble is Trouble.CERTIFICATE
