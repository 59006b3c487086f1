// Package safehttp fetches what people name by a URL. It is the only way to do
// so: a server that fetches for strangers must not reach what only the server
// reaches (its own network, the cloud's metadata), and must not be kept busy by
// slow or endless answers (check-rules.md, "nightly-build"; S17).
package safehttp

import (
	"context"
	"crypto/x509"
	"net"
	"net/netip"
	"time"
)

// Policy says what may be fetched. The zero value of each field is the default.
// The fields Allow… weaken the protection: they come from the server's
// configuration only, never from people.
type Policy struct {
	AllowHTTP  bool           // plain http too; for tests
	AllowHosts []string       // hosts, in small letters, that may be on a private network
	AllowCIDRs []netip.Prefix // addresses that may be dialled though they are not public

	MaxRedirects   int           // 5
	MaxBytes       int64         // of a body; 256 MiB
	MaxHeaderBytes int64         // of an answer's headers; 64 KiB
	HeaderTimeout  time.Duration // until the last redirect's headers are here; 30 s
	TotalTimeout   time.Duration // until the body is here; 10 min
	MinRate        int64         // bytes a second of a body, in the mean of each RateWindow; 16 KiB
	RateWindow     time.Duration // 15 s

	UserAgent string         // "onboard"
	RootCAs   *x509.CertPool // nil: the system's
	Resolver  Resolver       // nil: the system's

}

// Resolver looks up the addresses of a host; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// withDefaults fills in what is zero.
func (p Policy) withDefaults() Policy {
	if p.Resolver == nil {
		p.Resolver = net.DefaultResolver
	}
	orElse(&p.MaxRedirects, 5)
	orElse(&p.MaxBytes, 256<<20)
	orElse(&p.MaxHeaderBytes, 64<<10)
	orElse(&p.HeaderTimeout, 30*time.Second)
	orElse(&p.TotalTimeout, 10*time.Minute)
	orElse(&p.MinRate, 16<<10)
	orElse(&p.RateWindow, 15*time.Second)
	orElse(&p.UserAgent, "onboard")
	return p
}

// orElse sets a field that is zero.
func orElse[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
