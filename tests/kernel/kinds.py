"""One of every kind of link: how to make it with `ip`. `{other}` is another namespace."""

from collections.abc import Mapping
from typing import Final

KINDS: Final[Mapping[str, str]] = {
    "veth": "link add dev a type veth peer name b",
    "veth across": "link add dev a type veth peer name b netns {other}",
    "bridge": "link add dev a type bridge stp_state 1 ageing_time 1000 forward_delay 400 priority 4096",
    "bridge port": "link add dev p type veth peer name q\nlink add dev a type bridge\nlink set dev p master a\n"
    "link set dev p type bridge_slave isolated on hairpin on learning off flood off cost 7 priority 3",
    "macvlan vepa": "link add dev p type ifb\nlink add link p name a type macvlan mode vepa",
    "macvlan bridge": "link add dev p type ifb\nlink add link p name a type macvlan mode bridge",
    "macvlan private": "link add dev p type ifb\nlink add link p name a type macvlan mode private",
    "macvlan passthru": "link add dev p type ifb\nlink add link p name a type macvlan mode passthru",
    "macvlan source": "link add dev p type ifb\nlink add link p name a type macvlan mode source\n"
    "link set dev a type macvlan macaddr add 02:00:00:00:00:09\n"
    "link set dev a type macvlan macaddr add 02:00:00:00:00:08",
    "macvtap": "link add dev p type ifb\nlink add link p name a type macvtap mode bridge",
    "macvlan across": "link add dev p type ifb\nlink add link p name a netns {other} type macvlan mode bridge",
    "vxlan": "link add dev p type ifb\n"
    "link add dev a type vxlan id 42 remote 192.0.2.9 local 192.0.2.1 dstport 4789 dev p",
    "vxlan six": "link add dev a type vxlan id 43 remote 2001:db8::9 local 2001:db8::1 dstport 4790",
    "tun": "tuntap add dev a mode tun user 1000",
    "tap": "tuntap add dev a mode tap multi_queue",
    "ifb": "link add dev a type ifb",
    "vlan": "link add dev p type ifb\nlink add link p name a type vlan id 5",
    "dummy": "link add dev a type dummy",
    "ipvlan": "link add dev p type ifb\nlink add link p name a type ipvlan",
    "vrf": "link add dev a type vrf table 10",
    "bond": "link add dev a type bond",
    "wireguard": "link add dev a type wireguard",
    "gretap": "link add dev a type gretap remote 192.0.2.9 local 192.0.2.1",
    "sit": "link add dev a type sit remote 192.0.2.9",
    "geneve": "link add dev a type geneve id 4 remote 192.0.2.9",
    "names and alias": "link add dev a type ifb\nlink set dev a alias word-after-word\n"
    "link property add dev a altname one altname a-much-longer-alternative-name",
    "vlan in vlan": "link add dev p type ifb\nlink add link p name q type vlan id 7 protocol 802.1ad\n"
    "link add link q name a type vlan id 9",
    "bond port": "link add dev a type bond mode active-backup\nlink add dev p type dummy\nlink set dev p master a",
    "vrf port": "link add dev a type vrf table 11\nlink add dev p type dummy\nlink set dev p master a",
    "vlan bridge": "link add dev a type bridge vlan_filtering 1\nlink add dev p type dummy\nlink set dev p master a",
    "macvlan across vlan": "link add dev p type dummy\nlink add link p name q type vlan id 5\n"
    "link add link q name a netns {other} type macvlan mode private",
    "gre": "link add dev a type gre remote 192.0.2.9 local 192.0.2.1",
    "ip6gretap": "link add dev a type ip6gretap remote 2001:db8::9 local 2001:db8::1",
    "ipip": "link add dev a type ipip remote 192.0.2.9 local 192.0.2.1",
    "ip6tnl": "link add dev a type ip6tnl remote 2001:db8::9 local 2001:db8::1",
    "vti": "link add dev a type vti remote 192.0.2.9 local 192.0.2.1 key 3",
    "xfrm": "link add dev p type dummy\nlink add dev a type xfrm dev p if_id 3",
    "macsec": "link add dev p type dummy\nlink add link p name a type macsec",
    "ipvtap": "link add dev p type dummy\nlink add link p name a type ipvtap",
    "team": "link add dev a type team",
    "nlmon": "link add dev a type nlmon",
    "vcan": "link add dev a type vcan",
    "vxcan": "link add dev a type vxcan peer name b",
    "batadv": "link add dev a type batadv",
    "netdevsim": "link add dev a type netdevsim",
    "netkit": "link add dev a type netkit peer name b",
    "bareudp": "link add dev a type bareudp dstport 6635 ethertype mpls_uc",
    "vxlan external": "link add dev a type vxlan external dstport 4789",
}
