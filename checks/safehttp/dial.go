package safehttp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// dialTimeout bounds the try at one address of a host.
const dialTimeout = 10 * time.Second

// dial connects to a host of the policy. All addresses of the host have to be
// allowed, not only the one that answers; each is checked again in the very
// call that connects, so no second lookup can put another in its place.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial %q: %w", address, err)
	}
	addresses, err := c.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: dialTimeout, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("dial %q: %w", address, err)
		}
		if !c.policy.allowed(host, at.Addr()) {
			return hidden(host, fmt.Errorf("dialled address %s", at))
		}
		return nil
	}}
	var errs []error
	for _, a := range addresses {
		conn, err := dialer.DialContext(ctx, network, net.JoinHostPort(a.String(), port))
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// resolve returns the addresses of a host, at least one and all of them allowed.
func (c *Client) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		if !c.policy.allowed(host, a) {
			return nil, refuse(notPublic, "The URL's address is not on the public internet.")
		}
		return []netip.Addr{a}, nil
	}
	name := host
	if strings.Contains(name, ".") {
		name += "." // keeps the server's own search domains out
	}
	addresses, err := c.policy.Resolver.LookupNetIP(ctx, "ip", name)
	var notFound *net.DNSError
	switch {
	case errors.As(err, &notFound) && notFound.IsNotFound:
		return nil, hidden(host, err)
	case err != nil:
		return nil, failed(lookup, fmt.Sprintf("The name %s could not be looked up.", host), err)
	case len(addresses) == 0:
		return nil, hidden(host, errors.New("no addresses"))
	}
	for i, a := range addresses {
		if a.Is4In6() && a.Zone() == "" { // what the system's resolver makes of A records
			addresses[i] = a.Unmap()
		}
		if !c.policy.allowed(host, addresses[i]) {
			return nil, hidden(host, fmt.Errorf("it has the address %s", a))
		}
	}
	return addresses, nil
}

// hidden is the answer for a name without addresses and for a name with one
// that is not public alike: which it is would tell about the server's network.
func hidden(host string, cause error) *Error {
	return failed(notPublic, fmt.Sprintf("The name %s has no address on the public internet, or one outside of it.", host), cause)
}
