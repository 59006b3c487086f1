package safehttp

import (
	"net/netip"
	"slices"
)

// closed are the IPv4 networks that are not the public internet: IANA's
// special-purpose registry, and the metadata service of a cloud that hides
// behind a public address (168.63.129.16).
var closed = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
	"192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
)

// open6 is the only IPv6 network with public addresses. Outside are loopback,
// link-local, site-local, unique local, multicast, IPv4 in disguise (mapped,
// compatible, NAT64) and the rest.
var open6 = netip.MustParsePrefix("2000::/3")

// closed6 are the parts of open6 that are not public: protocol assignments
// (Teredo among them), documentation, 6to4, the old test network.
var closed6 = prefixes("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3ffe::/16", "3fff::/20")

// private are the networks that AllowHosts opens: those of houses, not the
// machine-local ones where clouds keep their metadata.
var private = prefixes("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")

// metadata are addresses of clouds' metadata services inside private.
var metadata = prefixes("100.100.100.200/32", "fd00:ec2::254/128", "fd20:ce::254/128")

// public reports whether everybody reaches the same machine at the address.
func public(a netip.Addr) bool {
	switch {
	case !a.IsValid() || a.Zone() != "":
		return false
	case a.Is4():
		return !within(closed, a)
	default:
		return open6.Contains(a) && !within(closed6, a)
	}
}

// allowed reports whether an address may be dialled for a host.
func (p Policy) allowed(host string, a netip.Addr) bool {
	if public(a) || a.Zone() == "" && within(p.AllowCIDRs, a) {
		return true
	}
	return slices.Contains(p.AllowHosts, host) && a.Zone() == "" && within(private, a) && !within(metadata, a)
}

// within reports whether one of the networks has the address.
func within(networks []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(a) })
}

// prefixes parses networks that stand in this file.
func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}
