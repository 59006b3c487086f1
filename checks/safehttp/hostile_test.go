package safehttp

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// names is a resolver that knows these names only.
type names map[string][]string

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	host = strings.TrimSuffix(host, ".")
	list, ok := n[host]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: host, Server: "10.9.8.7:53", IsNotFound: true}
	}
	var addresses []netip.Addr
	for _, text := range list {
		if text == "broken" {
			return nil, &net.DNSError{Err: "server misbehaving", Name: host, Server: "10.9.8.7:53", IsTemporary: true}
		}
		addresses = append(addresses, netip.MustParseAddr(text))
	}
	return addresses, nil
}

func TestHostileURLsAreRefusedByName(t *testing.T) {
	tests := []struct{ name, url, rule string }{
		{"nothing", "", malformed},
		{"a word", "nightly", notHTTPS},
		{"plain http", "http://example.com/x.tar.gz", notHTTPS},
		{"a file", "file:///etc/passwd", malformed},
		{"a file of a host", "file://example.com/etc/passwd", notHTTPS},
		{"gopher", "gopher://example.com/1", notHTTPS},
		{"ftp", "ftp://example.com/x", notHTTPS},
		{"data", "data:text/plain,x", malformed},
		{"javascript", "javascript:alert(1)", malformed},
		{"no scheme", "//example.com/x", notHTTPS},
		{"no host", "https:///x", malformed},
		{"no slashes", "https:example.com/x", malformed},
		{"a space", "https://example.com/a b", malformed},
		{"a space in front", " https://example.com/", malformed},
		{"a line break", "https://example.com/\r\nHost: x", malformed},
		{"a NUL", "https://example.com\x00.evil.test/", malformed},
		{"a backslash", `https://example.com\@127.0.0.1/`, malformed},
		{"a huge URL", "https://example.com/" + strings.Repeat("a", 3000), malformed},
		{"a letter beyond ASCII", "https://exämple.com/", malformed},
		{"wide digits", "https://１２７.０.０.１/", malformed},
		{"letters in circles", "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", malformed},
		{"a wrong escape", "https://example.com/%zz", malformed},
		{"a user", "https://user@example.com/", credentials},
		{"a user and a password", "https://user:secret@example.com/", credentials},
		{"a host that looks like the user", "https://example.com@127.0.0.1/", credentials},
		{"an empty user", "https://@127.0.0.1/", credentials},

		{"loopback", "https://127.0.0.1/", notPublic},
		{"loopback elsewhere", "https://127.255.255.254/", notPublic},
		{"a decimal address", "https://2130706433/", badHost},
		{"an octal address", "https://0177.0.0.1/", badHost},
		{"an octal number", "https://017700000001/", badHost},
		{"a hexadecimal address", "https://0x7f.0x0.0x0.0x1/", badHost},
		{"a hexadecimal number", "https://0x7f000001/", badHost},
		{"a short address", "https://127.1/", badHost},
		{"a long address", "https://127.0.0.0.1/", badHost},
		{"an address with a dot at the end", "https://127.0.0.1./", badHost},
		{"an address with a zero in front", "https://127.0.0.01/", badHost},
		{"a part too large", "https://127.0.0.257/", badHost},
		{"nothing but zeros", "https://0.0.0.0/", notPublic},
		{"zero", "https://0/", badHost},
		{"this network", "https://0.1.2.3/", notPublic},
		{"private 10", "https://10.0.0.1/", notPublic},
		{"private 172", "https://172.31.255.255/", notPublic},
		{"private 192", "https://192.168.1.1/", notPublic},
		{"carrier-grade NAT", "https://100.64.0.1/", notPublic},
		{"link-local", "https://169.254.0.1/", notPublic},
		{"metadata of AWS, GCP and Azure", "https://169.254.169.254/latest/meta-data/", notPublic},
		{"metadata of ECS", "https://169.254.170.2/v2/credentials", notPublic},
		{"metadata of Alibaba", "https://100.100.100.200/", notPublic},
		{"metadata of Oracle", "https://192.0.0.192/", notPublic},
		{"Azure's wire server", "https://168.63.129.16/", notPublic},
		{"protocol assignments", "https://192.0.0.8/", notPublic},
		{"test network 1", "https://192.0.2.1/", notPublic},
		{"test network 2", "https://198.51.100.1/", notPublic},
		{"test network 3", "https://203.0.113.1/", notPublic},
		{"benchmarks", "https://198.19.255.255/", notPublic},
		{"the relay of 6to4", "https://192.88.99.1/", notPublic},
		{"multicast", "https://224.0.0.1/", notPublic},
		{"reserved", "https://240.0.0.1/", notPublic},
		{"broadcast", "https://255.255.255.255/", notPublic},
		{"loopback of IPv6", "https://[::1]/", notPublic},
		{"nothing in IPv6", "https://[::]/", notPublic},
		{"mapped", "https://[::ffff:127.0.0.1]/", notPublic},
		{"mapped, in hexadecimal", "https://[::ffff:7f00:1]/", notPublic},
		{"mapped and public", "https://[::ffff:8.8.8.8]/", notPublic},
		{"compatible", "https://[::127.0.0.1]/", notPublic},
		{"translated", "https://[::ffff:0:127.0.0.1]/", notPublic},
		{"NAT64", "https://[64:ff9b::7f00:1]/", notPublic},
		{"NAT64 of a house", "https://[64:ff9b:1::7f00:1]/", notPublic},
		{"6to4", "https://[2002:7f00:1::]/", notPublic},
		{"Teredo", "https://[2001:0:7f00:1::]/", notPublic},
		{"unique local", "https://[fd00::1]/", notPublic},
		{"metadata of AWS in IPv6", "https://[fd00:ec2::254]/", notPublic},
		{"site-local", "https://[fec0::1]/", notPublic},
		{"link-local of IPv6", "https://[fe80::1]/", notPublic},
		{"link-local with a zone", "https://[fe80::1%25eth0]/", notPublic},
		{"public with a zone", "https://[2606:4700::1%25eth0]/", notPublic},
		{"multicast of IPv6", "https://[ff02::1]/", notPublic},
		{"documentation of IPv6", "https://[2001:db8::1]/", notPublic},
		{"new documentation of IPv6", "https://[3fff::1]/", notPublic},
		{"discard", "https://[100::1]/", notPublic},
		{"segment routing", "https://[5f00::1]/", notPublic},
		{"half a bracket", "https://[::1/", malformed},

		{"localhost", "https://localhost/", notPublic},
		{"LocalHost", "https://LocalHost/", notPublic},
		{"a name of localhost", "https://a.localhost/", notPublic},
		{"a single name", "https://intranet/", notPublic},
		{"metadata of GCP by name", "https://metadata.google.internal/", notPublic},
		{"a printer", "https://printer.local/", notPublic},
		{"a router", "https://router.lan/", notPublic},
		{"a house", "https://nas.home.arpa/", notPublic},
		{"an onion", "https://abc.onion/", notPublic},
		{"a dot at the end", "https://example.com./", badHost},
		{"two dots", "https://example..com/", badHost},
		{"a dot in front", "https://.example.com/", badHost},
		{"a hyphen in front", "https://-example.com/", badHost},
		{"a star", "https://*.example.com/", badHost},
		{"an escape in the host", "https://%31%32%37.0.0.1/", malformed},
		{"a long label", "https://" + strings.Repeat("a", 64) + ".com/", badHost},
		{"a long name", "https://" + strings.Repeat("a.", 130) + "com/", badHost},
		{"a name for mail", "https://example.com:25/", badPort},
		{"SSH", "https://example.com:22/", badPort},
		{"plain http's port", "https://example.com:80/", badPort},
		{"port 0", "https://example.com:0/", badPort},
		{"a port too large", "https://example.com:65536/", badPort},
		{"a port with a zero in front", "https://example.com:0443/", badPort},
		{"an empty port", "https://example.com:/", badPort},
		{"a port that is none", "https://example.com:https/", malformed},

		{"a name of loopback", "https://loop.example.com/", notPublic},
		{"a name of a private address", "https://house.example.com/", notPublic},
		{"a name of metadata", "https://meta.example.com/", notPublic},
		{"a name of a public and a private address", "https://both.example.com/", notPublic},
		{"a name of a mapped address", "https://mapped.example.com/", notPublic},
		{"a name of unique local", "https://ula.example.com/", notPublic},
		{"a name of NAT64", "https://nat64.example.com/", notPublic},
		{"a name of nothing", "https://none.example.com/", notPublic},
		{"a name that nobody has", "https://nobody.example.com/", notPublic},
	}
	require.GreaterOrEqual(t, len(tests), 40)
	client := New(Policy{Resolver: names{
		"loop.example.com": {"127.0.0.1"}, "house.example.com": {"10.1.2.3"}, "meta.example.com": {"169.254.169.254"},
		"both.example.com": {"93.184.216.34", "10.1.2.3"}, "mapped.example.com": {"::ffff:127.0.0.1"},
		"ula.example.com": {"fd00::1"}, "nat64.example.com": {"64:ff9b::a00:1"}, "none.example.com": {},
	}})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := client.Get(t.Context(), test.url, Condition{})
			var refused *Error
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, test.rule, refused.Rule)
			f := refused.Finding("nightly-build")
			assert.True(t, strings.HasPrefix(f.Rule, "nightly-build/url-"), f.Rule)
			assert.NotEmpty(t, f.Fix)
			assert.NotContains(t, err.Error(), "10.", "addresses of the server's network stay inside")
			assert.NotContains(t, err.Error(), "%!")
		})
	}
}

func TestAttackANameSaysNotWhetherItIsPrivateOrMissing(t *testing.T) {
	client := New(Policy{Resolver: names{"secret.example.com": {"10.0.0.1"}}})
	_, private := client.Get(t.Context(), "https://secret.example.com/", Condition{})
	_, missing := client.Get(t.Context(), "https://public.example.com/", Condition{})
	require.Error(t, private)
	require.Error(t, missing)
	assert.Equal(t, strings.ReplaceAll(missing.Error(), "public.", "secret."), private.Error())
}

func TestAttackTheAddressIsCheckedWhenItIsDialled(t *testing.T) {
	policy := Policy{}.withDefaults()
	for _, text := range []string{"127.0.0.1", "::1", "169.254.169.254", "::ffff:10.0.0.1", "fe80::1%lo"} {
		assert.False(t, policy.allowed("example.com", netip.MustParseAddr(text)), text)
	}
	for _, text := range []string{"93.184.216.34", "8.8.8.8", "2606:4700::6810:85e5", "2a00:1450:4001:80e::200e"} {
		assert.True(t, policy.allowed("example.com", netip.MustParseAddr(text)), text)
	}
}

func TestAttackAllowedHostsDoNotOpenMetadata(t *testing.T) {
	policy := Policy{AllowHosts: []string{"builds.corp"}}.withDefaults()
	assert.True(t, policy.allowed("builds.corp", netip.MustParseAddr("10.0.0.5")))
	assert.False(t, policy.allowed("other.corp", netip.MustParseAddr("10.0.0.5")))
	for _, text := range []string{"169.254.169.254", "100.100.100.200", "fd00:ec2::254", "fe80::1", "224.0.0.1", "0.0.0.0", "::ffff:10.0.0.5"} {
		assert.False(t, policy.allowed("builds.corp", netip.MustParseAddr(text)), text)
	}
	client := New(policy)
	for _, raw := range []string{"https://builds.corp/x", "https://example.com/x", "https://example.com:8443/x", "https://xn--exmple-cua.com/x?y=%2B"} {
		_, err := client.Check(raw)
		assert.NoError(t, err, raw)
	}
}

func TestNoAddressThatGoCallsPrivateIsPublic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a netip.Addr
		if rapid.Bool().Draw(t, "IPv4") {
			a = netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "bytes")))
		} else {
			a = netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes")))
		}
		if a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() || a.Is4In6() || !a.IsGlobalUnicast() {
			assert.False(t, public(a), a.String())
		}
	})
}

func FuzzURL(f *testing.F) {
	for _, seed := range []string{"https://example.com/x.tar.gz", "https://[::ffff:7f00:1]/", "https://0x7f.1/", "https://a@b:c/", `https://a\b`, "https://example.com:443/?a#b"} {
		f.Add(seed)
	}
	client := New(Policy{})
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := client.Check(raw)
		if err != nil {
			var refused *Error
			require.ErrorAs(t, err, &refused)
			require.NotEmpty(t, refused.Finding("x").Fix)
			return
		}
		require.Equal(t, "https", u.Scheme)
		require.Nil(t, u.User)
		if a, err := netip.ParseAddr(u.Hostname()); err == nil {
			require.True(t, public(a))
		} else {
			require.Regexp(t, `^[a-z0-9_][a-z0-9_.-]*\.[a-z0-9_-]+$`, u.Hostname())
		}
		again, err := client.Check(u.String())
		require.NoError(t, err, "what was accepted stays so")
		require.Equal(t, u.String(), again.String())
	})
}
