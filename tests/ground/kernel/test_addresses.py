"""Which addresses may be dialled: a table of vectors, each in every form that it can hide in."""

import pytest

from tocsin.ground.kernel.addresses import Place, Rules, is_public, parse_address, parse_place

PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.1", "126.255.255.255", "128.0.0.1",
    "172.15.255.255", "172.32.0.1", "169.253.255.255", "192.167.255.255", "192.169.0.1", "198.17.255.255",
    "198.20.0.1", "223.255.255.255", "9.255.255.255", "11.0.0.1", "192.0.1.1", "203.0.112.255", "203.0.114.0",
    "2606:4700:4700::1111", "2001:4860:4860::8888", "2a00:1450:4001:81b::200e", "2400:cb00::1",
    "::ffff:8.8.8.8", "64:ff9b::808:808",
]  # fmt: skip
NOT_PUBLIC = [
    # this host, and this network
    "0.0.0.0", "0.0.0.1", "0.255.255.255", "127.0.0.1", "127.0.0.2", "127.1.2.3", "127.255.255.255", "::",
    "::1",
    # private use, and shared by carriers
    "10.0.0.0", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1",
    "192.168.255.255",
    "100.64.0.1", "100.127.255.255", "fc00::1", "fd00::1", "fdff:ffff::1", "fec0::1",
    # link-local
    "169.254.0.1", "169.254.255.255", "fe80::1", "fe80::1%eth0", "febf::1",
    # protocol assignments, documentation, benchmarks
    "192.0.0.1", "192.0.0.8", "192.0.0.170", "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1",
    "198.19.255.255",
    "192.88.99.1", "192.31.196.1", "192.52.193.1", "192.175.48.1", "2001:db8::1", "3fff::1", "2001:2::1",
    "2001:10::1",
    "2001:20::1", "2001:1::1", "2620:4f:8000::1", "100::1", "100:0:0:1::1", "5f00::1", "3ffe::1",
    # groups and reserved
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.254", "255.255.255.255", "ff02::1", "ff0e::1",
    "4000::1", "8000::1", "e000::1", "200::1",
    # IPv4 inside IPv6: mapped, compatible, SIIT, NAT64, local NAT64, 6to4, Teredo, ISATAP
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:192.168.1.1", "::ffff:100.64.0.1", "::ffff:0.0.0.0",
    "::127.0.0.1", "::10.0.0.1", "::8.8.8.8", "::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8",
    "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::192.168.0.1", "64:ff9b:1::127.0.0.1", "64:ff9b:1::1",
    "2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:101::1", "2002:808:808::1",
    "2001:0:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "2a00::5efe:127.0.0.1", "2a00::200:5efe:10.0.0.1", "fe80::5efe:192.168.0.1",
]  # fmt: skip
METADATA = [
    "169.254.169.254", "169.254.170.2", "169.254.170.23", "169.254.42.42", "100.100.100.200", "168.63.129.16",
    "192.0.0.192", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fe80::a9fe:a9fe", "fe80::a9fe:a9fe%2",
    "::ffff:169.254.169.254", "::169.254.169.254", "::ffff:0:169.254.169.254", "64:ff9b::169.254.169.254",
    "64:ff9b:1::169.254.169.254", "64:ff9b:1:a9fe:a9:fe00::", "2002:a9fe:a9fe::", "2001:0:a9fe:a9fe::",
    "2001:0:808:808::5601:5601", "2a00::5efe:169.254.169.254", "::ffff:100.100.100.200",
]  # fmt: skip


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_reached_by_anyone(text: str):
    address = parse_address(text)
    assert is_public(address)
    assert Rules().refuses(address, host="shop.example", trusted=False) == ""


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused_to_what_is_not_trusted(text: str):
    address = parse_address(text)
    assert not is_public(address)
    assert Rules().refuses(address, host="shop.example", trusted=False)


@pytest.mark.parametrize("text", METADATA)
def test_metadata_is_refused_to_all_also_when_a_rule_would_permit_it(text: str):
    everything = Rules.parse(["0.0.0.0/0", "::/0", "shop.example"])
    assert everything.refuses(parse_address(text), host="shop.example", trusted=True)


@pytest.mark.parametrize(
    "text", ["127.0.0.1", "10.1.2.3", "::1", "fd12::1", "192.168.1.1", "0.0.0.0", "fe80::1"]
)
def test_what_stands_in_the_configuration_may_be_private(text: str):
    assert Rules().refuses(parse_address(text), host="shop.example", trusted=True) == ""


@pytest.mark.parametrize("text", ["224.0.0.1", "255.255.255.255", "ff02::1", "::ffff:224.0.0.1"])
def test_a_group_of_hosts_is_refused_to_all(text: str):
    assert Rules().refuses(parse_address(text), host="shop.example", trusted=True)


def test_networks_and_hosts_that_are_permitted_are_reached_and_nothing_beside_them():
    rules = Rules.parse(["10.1.0.0/16", "192.168.7.7", "Build.Example.", "*.lab.example", "fd12::/16"])

    def refused(address: str, host: str = "x.example") -> bool:
        return bool(rules.refuses(parse_address(address), host=host, trusted=False))

    assert not refused("10.1.200.3")
    assert not refused("::ffff:10.1.200.3")
    assert not refused("fd12::9")
    assert not refused("192.168.7.7")
    assert refused("10.2.0.1")
    assert refused("192.168.7.8")
    assert not refused("172.16.0.1", "build.example")
    assert not refused("172.16.0.1", "BUILD.example.")
    assert refused("172.16.0.1", "evil-build.example")
    assert not refused("172.16.0.1", "ci.lab.example")
    assert not refused("172.16.0.1", "a.b.lab.example")
    assert refused("172.16.0.1", "lab.example")
    assert refused("172.16.0.1", "evillab.example")


@pytest.mark.parametrize("entry", ["", "*", "*.", "10.0.0.0/33", "http://x", "fd00::g"])
def test_a_rule_that_is_neither_network_nor_host_is_named(entry: str):
    with pytest.raises(ValueError, match="is no network"):
        Rules.parse([entry])


@pytest.mark.parametrize(
    "name",
    ["metadata.google.internal", "METADATA.google.internal.", "metadata", "instance-data", "metadata.goog"],
)
def test_the_names_of_metadata_services_are_not_even_looked_up(name: str):
    assert Rules.parse([name]).refuses_name(name)
    assert not Rules().refuses_name("metadata.shop.example")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("203.0.113.7", Place("203.0.113.7")),
        ("203.0.113.7:8443", Place("203.0.113.7", 8443)),
        ("origin.example.com:80", Place("origin.example.com", 80)),
        ("2001:db8::1", Place("2001:db8::1")),
        ("[2001:db8::1]:443", Place("2001:db8::1", 443)),
        ("[2001:db8::1]", Place("2001:db8::1")),
    ],
)
def test_a_place_to_connect_to_is_a_host_and_perhaps_a_port(text: str, place: Place):
    assert parse_place(text) == place


@pytest.mark.parametrize(
    "text",
    ["", ":80", "a:b", "a:0", "a:65536", "a:", "[::1", "[::1]x", "[a]:1", "1:2:3", "a/b", "a@b", "x" * 254],
)
def test_what_is_no_place_is_refused(text: str):
    with pytest.raises(ValueError, match=r"is not a p|does not appear"):
        parse_place(text)
