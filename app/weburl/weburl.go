// Package weburl says what is wrong with addresses that operators configure.
package weburl

import (
	"net"
	"net/url"
)

// Fault says what is wrong with the URL of a server to which a secret is sent with
// every request, "" if nothing is: it must be https, or what is named as the secret
// ("the token") could be read on the way. On this machine itself http is fine, which
// simulated servers speak. It never quotes the URL, which may hold a password (S20).
func Fault(text, secret string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		return "must be a URL: https:// and a host"
	case u.User != nil:
		return "must not hold a user name or password"
	case u.RawQuery != "" || u.Fragment != "":
		return "must not hold a query (?) or fragment (#)"
	case u.Scheme == "http" && u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback():
		return "must be https://, or " + secret + " could be read on the way"
	}
	return ""
}
