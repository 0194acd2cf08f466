#!/usr/bin/env python3
"""random_lab.py SEED NAME [--whole]: a small lab from which one or two things are missing, as a lab file (JSON, which
is YAML). The same seed gives the same lab, on every machine. --whole: the same with nothing missing.

What is missing is taken from all that a class would forget: an entry of a route table, a rule of a security group, an
attachment, an association, a propagation, an authorization, a binding, a route of the data centre. Standard error:
what it was."""

import json
import sys


class Random:
    """xorshift64*: the library's generator may change, this one does not."""

    def __init__(self, seed):
        self.state = (seed * 0x9E3779B97F4A7C15 + 0x123456789) % 2**64 or 1
        for _ in range(8):
            self.below(2)

    def below(self, n):
        s = self.state
        s ^= s >> 12
        s = (s ^ s << 25) % 2**64
        s ^= s >> 27
        self.state = s
        return (s * 0x2545F4914F6CDD1D % 2**64 >> 33) % n

    def one_of(self, items):
        return items[self.below(len(items))]

    def chance(self, percent):
        return self.below(100) < percent


# --- the whole lab ---


def rules(r, others):
    """Rules of a security group: something open, something by address, something that is dropped."""
    made = {}
    if r.chance(60):
        made["ping"] = {"type": "ingress", "ip_protocol": "icmp", "cidr_ip": "0.0.0.0/0"}
    if r.chance(60):
        made["web"] = {
            "type": "ingress",
            "ip_protocol": "tcp",
            "port_range": "80/8080",
            "cidr_ip": r.one_of(["0.0.0.0/0", "10.0.0.0/8"] + others),
        }
    if r.chance(40):
        made["all"] = {"type": "ingress", "ip_protocol": "all", "cidr_ip": r.one_of(others), "priority": 50}
    if r.chance(30):
        made["no"] = {
            "type": "ingress",
            "policy": "drop",
            "ip_protocol": r.one_of(["tcp", "all"]),
            "cidr_ip": r.one_of(others),
            "priority": 1 + r.below(60),
        }
        if made["no"]["ip_protocol"] == "tcp":
            made["no"]["port_range"] = r.one_of(["22/22", "8080/8080", "1/65535"])
    if r.chance(20):
        made["out"] = {
            "type": "egress",
            "policy": "drop",
            "ip_protocol": "tcp",
            "port_range": "8080/8080",
            "cidr_ip": r.one_of(others),
        }
    return made


def add_vpc(lab, r, i, region, blocks):
    vpc, vsw, group, node = f"v{i}", f"s{i}", f"g{i}", f"e{i}"
    lab["vpcs"][vpc] = {
        "region": region,
        "cidr_block": f"10.{i}.0.0/16",
        "vswitches": {vsw: {"zone": "a", "cidr_block": f"10.{i}.1.0/24"}},
    }
    lab["security_groups"][group] = {"vpc": vpc, "rules": rules(r, [b for b in blocks if b != f"10.{i}.0.0/16"])}
    lab["ecs"][node] = {
        "vswitch": vsw,
        "private_ip": f"10.{i}.1.10",
        "security_groups": [group],
        "services": {"web": {"port": 8080}},
    }


def add_second_node(lab, r, blocks):
    lab["vpcs"]["v1"]["vswitches"]["t1"] = {"zone": "a", "cidr_block": "10.1.2.0/24"}
    lab["security_groups"]["h1"] = {"vpc": "v1", "rules": rules(r, ["10.1.1.0/24"] + blocks)}
    if r.chance(40):
        lab["security_groups"]["h1"]["inner_access_policy"] = "Drop"
    lab["ecs"]["f1"] = {"vswitch": "t1", "private_ip": "10.1.2.20", "security_groups": [r.one_of(["g1", "h1"])]}


def add_gateway(lab, r):
    lab["api_gateways"] = {
        "gw": {"region": "r1", "bind": {"vpc": "v1", "vswitch": "s1", "ip": "10.1.1.100"}, "egress": "100.104.254.0/26"}
    }
    lab["api_groups"] = {"api": {"instance": "gw", "vpc_domain": True}}
    lab["vpc_accesses"] = {"own": {"vpc": "v1", "instance_id": "e1", "port": 8080}}
    backend = {"timeout": "300ms"}
    lab["apis"] = {
        "own": {"group": "api", "path": "/own", "stages": ["RELEASE"], "backend": {"vpc_access": "own", **backend}},
        "mock": {"group": "api", "path": "/mock", "stages": ["RELEASE"], "backend": {"mock": "ok", "mock_status": 200}},
    }
    if r.chance(60):
        far = r.one_of(["10.2.1.10", "10.9.1.20"] if "data_centers" in lab else ["10.2.1.10"])
        lab["vpc_accesses"]["far"] = {"vpc": "v1", "instance_id": far, "port": 8080}
        lab["apis"]["far"] = {
            "group": "api",
            "path": "/far",
            "stages": ["RELEASE"],
            "backend": {"vpc_access": "far", **backend},
        }


def add_data_center(lab, n):
    lab["physical_connections"] = {"pc": {"region": "r1", "port_type": "1000Base-LX", "rtt": "0ms"}}
    lab["virtual_border_routers"] = {
        "vbr": {
            "physical_connection": "pc",
            "vlan_id": 110,
            "local_gateway_ip": "10.0.0.1",
            "peer_gateway_ip": "10.0.0.2",
            "route_entries": {"idc": {"destination_cidr_block": "10.9.0.0/16", "nexthop_type": "PhysicalConnection"}},
        }
    }
    routes = {f"v{i}": {"destination_cidr_block": f"10.{i}.0.0/16", "next_hop": "10.0.0.1"} for i in range(1, n + 1)}
    routes["egress"] = {"destination_cidr_block": "100.104.254.0/26", "next_hop": "10.0.0.1"}
    lab["data_centers"] = {
        "idc": {
            "lans": {"lan": {"cidr_block": "10.9.1.0/24"}},
            "circuits": {
                "up": {"physical_connection": "pc", "vlan_id": 110, "ip": "10.0.0.2", "peer_ip": "10.0.0.1"}
            },
            "routes": routes,
            "hosts": {"host": {"lan": "lan", "ip": "10.9.1.20", "services": {"web": {"port": 8080}}}},
        }
    }


def add_basic_cen(lab, n):
    attachments = {f"a{i}": {"vpc": f"v{i}"} for i in range(1, n + 1)}
    if "virtual_border_routers" in lab:
        attachments["ab"] = {"vbr": "vbr"}
    lab["cen"] = {
        "c": {
            "attachments": attachments,
            "bandwidth_packages": {"p": {"bandwidth": "100Mbit"}},
            "bandwidth_limits": {"l": {"regions": ["r1", "r2"], "bandwidth_limit": "100Mbit"}},
        }
    }


def add_enterprise_cen(lab, r, n):
    attachments = {}
    for i in range(1, n + 1):
        a = {"vpc": f"v{i}", "zone_mappings": [f"s{i}"], "auto_publish_route_enabled": True}
        if lab["vpcs"][f"v{i}"]["region"] == "r1":
            a.update(association="t1", propagation=["t1"])
        attachments[f"a{i}"] = a
    lab["cen"] = {
        "c": {
            "edition": "enterprise",
            "route_tables": {"t1": {"region": "r1"}},
            "attachments": attachments,
            "peer_attachments": {
                "x": {"regions": ["r1", "r2"], "bandwidth": "100Mbit", "auto_publish_route_enabled": True}
            },
        }
    }
    if r.chance(40):
        lab["cen"]["c"]["route_tables"]["t1"]["entries"] = {
            "e": r.one_of(
                [
                    {"destination_cidr_block": "10.1.1.0/24", "attachment": "a1"},
                    {"destination_cidr_block": "10.2.1.10/32", "blackhole": True},
                ]
            )
        }


def add_entries(lab, r, n):
    """Entries of VPC route tables by which a node of the own VPC is the next hop, or the CEN."""
    entries = {}
    if r.chance(30):
        entries["nat"] = {
            "destination_cidrblock": r.one_of(["10.77.0.0/16", "10.2.1.10/32", "10.9.0.0/16"]),
            "nexthop_type": "Instance",
            "nexthop_id": "e1",
        }
    if lab["cen"]["c"].get("edition") == "enterprise" and r.chance(50):
        entries["cen"] = {
            "destination_cidrblock": f"10.{n}.0.0/16",
            "nexthop_type": "Attachment",
            "nexthop_id": "c",
        }
    if entries:
        lab["vpcs"]["v1"]["route_tables"] = {"main": {"system": True, "entries": entries}}


def whole(seed, name):
    r = Random(seed)
    n = 2 + r.below(2)
    regions = ["r1", "r2" if n == 2 else "r1", "r2"]
    blocks = [f"10.{i}.0.0/16" for i in range(1, n + 1)] + ["10.9.0.0/16"]
    lab = {
        "lab": name,
        "regions": {"r1": {"zones": ["a"]}, "r2": {"zones": ["a"]}},
        "vpcs": {},
        "security_groups": {},
        "ecs": {},
    }
    for i in range(1, n + 1):
        add_vpc(lab, r, i, regions[i - 1], blocks)
    if r.chance(50):
        add_second_node(lab, r, blocks)
    enterprise = r.chance(40)
    if not enterprise and r.chance(50):
        add_data_center(lab, n)
    if enterprise:
        add_enterprise_cen(lab, r, n)
    else:
        add_basic_cen(lab, n)
    if r.chance(70):
        add_gateway(lab, r)
    add_entries(lab, r, n)
    return lab, r


# --- what is missing ---


def members(lab, *path):
    """Paths of what stands in that map; "*": in each of its members."""
    found = [((), lab)]
    for key in path:
        found = [
            (at + (k,), v[k])
            for at, v in found
            if isinstance(v, dict)
            for k in (v if key == "*" else [key])
            if k in v
        ]
    return [at for at, _ in found]


def removable(lab):
    return (
        members(lab, "vpcs", "*", "route_tables", "*", "entries", "*")
        + members(lab, "security_groups", "*", "rules", "*")
        + members(lab, "cen", "c", "attachments", "*")
        + members(lab, "cen", "c", "attachments", "*", "association")
        + members(lab, "cen", "c", "attachments", "*", "propagation")
        + members(lab, "cen", "c", "attachments", "*", "auto_publish_route_enabled")
        + members(lab, "cen", "c", "route_tables", "*", "entries", "*")
        + members(lab, "cen", "c", "peer_attachments", "*")
        + members(lab, "cen", "c", "peer_attachments", "*", "auto_publish_route_enabled")
        + members(lab, "virtual_border_routers", "*", "route_entries", "*")
        + members(lab, "data_centers", "*", "routes", "*")
        + members(lab, "data_centers", "*", "circuits", "*")
        + members(lab, "vpc_accesses", "*")
        + members(lab, "apis", "*")
        + members(lab, "apis", "*", "stages")
        + members(lab, "api_gateways", "*", "bind")
        + members(lab, "api_groups", "*", "vpc_domain")
        + members(lab, "ecs", "*", "services")
    )


def get(lab, path):
    for key in path:
        lab = lab[key]
    return lab


def tidy(lab):
    """Without what needs what is missing, and would be refused."""
    for name, api in list(lab.get("apis", {}).items()):
        access = api["backend"].get("vpc_access")
        if access and access not in lab.get("vpc_accesses", {}):
            del lab["apis"][name]
    cen = lab["cen"]["c"]
    entries = cen.get("route_tables", {}).get("t1", {}).get("entries", {})
    for name, entry in list(entries.items()):
        if entry.get("attachment", "a1") not in cen["attachments"]:
            del entries[name]
    regions = {lab["vpcs"][a["vpc"]]["region"] if "vpc" in a else "r1" for a in cen["attachments"].values()}
    if regions != {"r1", "r2"}:
        for key in ("bandwidth_limits", "peer_attachments"):
            cen.pop(key, None)
    if not any(a.get("vpc") == "v1" for a in cen["attachments"].values()):
        table = lab["vpcs"]["v1"].get("route_tables", {}).get("main", {}).get("entries", {})
        table.pop("cen", None)
    if "circuits" in lab.get("data_centers", {}).get("idc", {}) and not lab["data_centers"]["idc"]["circuits"]:
        lab["data_centers"]["idc"]["routes"] = {}
    if "api_gateways" in lab and "bind" not in lab["api_gateways"]["gw"]:
        lab["api_groups"]["api"].pop("vpc_domain", None)


def break_one(lab, r):
    path = r.one_of(removable(lab))
    parent = get(lab, path[:-1])
    if path[-1] == "propagation":
        parent["propagation"] = []
    else:
        del parent[path[-1]]
    tidy(lab)
    return ".".join(path)


def broken(seed, name):
    """The lab, and what is missing."""
    lab, r = whole(seed, name)
    return lab, " and ".join([break_one(lab, r) for _ in range(1 + r.below(2))])


def main():
    seed, name = int(sys.argv[1]), sys.argv[2]
    if "--whole" in sys.argv[3:]:
        lab, _ = whole(seed, name)
    else:
        lab, missing = broken(seed, name)
        print(f"seed {seed}: without {missing}", file=sys.stderr)
    json.dump(lab, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
