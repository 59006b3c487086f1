package safehttp

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// maxURL bounds a URL, in bytes.
const maxURL = 2048

// special are ends of names that never lead to the public internet. Some
// resolvers answer them with what is near.
var special = []string{"localhost", "local", "localdomain", "internal", "intranet", "private", "corp", "home", "lan", "arpa", "onion"}

// Check returns the URL as it will be fetched, or an *Error: it looks at the
// text only. What the host's name leads to is checked when it is dialled.
func (c *Client) Check(raw string) (*url.URL, error) {
	if err := plain(raw); err != nil {
		return nil, err
	}
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" || u.Scheme != "" && u.Host == "" {
		return nil, refuse(malformed, "This is not a URL of a file on a server.")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !c.policy.AllowHTTP) {
		return nil, refuse(notHTTPS, "The URL does not start with https://.")
	}
	if u.User != nil {
		return nil, refuse(credentials, "The URL names a user.")
	}
	host := strings.ToLower(u.Hostname())
	if err := c.checkHost(host); err != nil {
		return nil, err
	}
	if err := c.checkPort(u); err != nil {
		return nil, err
	}
	u.Host = strings.ToLower(u.Host)
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}

// plain refuses texts that programs read differently: empty, too long, with
// characters outside printable ASCII, or with a backslash.
func plain(raw string) error {
	if raw == "" || len(raw) > maxURL {
		return refuse(malformed, "The URL is empty or longer than 2,048 characters.")
	}
	for _, r := range raw {
		if r <= ' ' || r == '\\' || r >= 0x7f {
			return refuse(malformed, "The URL has a character that URLs do not have; write it percent-encoded.")
		}
	}
	return nil
}

// checkHost refuses hosts in small letters that are written so that programs
// read them differently, and those that cannot be public.
func (c *Client) checkHost(host string) error {
	if a, err := netip.ParseAddr(host); err == nil {
		if !c.policy.allowed(host, a) {
			return refuse(notPublic, "The URL's address is not on the public internet.")
		}
		return nil
	}
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" ||
			strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return refuse(badHost, "The URL's host is not written as a plain name.")
		}
	}
	last := labels[len(labels)-1]
	if _, err := strconv.ParseUint(last, 0, 64); len(host) > 253 || err == nil || strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		return refuse(badHost, "The URL's host is not written as a plain name.") // 127.1, 0x7f000001, 2130706433, …
	}
	for _, name := range c.policy.AllowHosts {
		if name == host {
			return nil
		}
	}
	if len(labels) == 1 {
		return refuse(notPublic, "The URL's host is not a name on the public internet.")
	}
	for _, end := range special {
		if last == end {
			return refuse(notPublic, "The URL's host is not a name on the public internet.")
		}
	}
	return nil
}

// checkPort refuses the ports of other services, which a stranger could have
// probed or talked to.
func (c *Client) checkPort(u *url.URL) error {
	text := u.Port()
	if text == "" && !strings.HasSuffix(u.Host, ":") {
		return nil
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || strconv.FormatUint(port, 10) != text {
		return refuse(badPort, "The URL's port is not a number from 1 to 65535.")
	}
	if port == 443 || port > 1023 || port == 80 && u.Scheme == "http" {
		return nil
	}
	return refuse(badPort, "The URL's port is not one where files are served.")
}
