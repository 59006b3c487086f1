package safehttp

import (
	"slices"

	"github.com/onboard-app/onboard/checks"
)

// The rules' ids. They are stable: appeals and waivers name them.
const (
	malformed   = "url/malformed"
	notHTTPS    = "url/not-https"
	credentials = "url/credentials"
	badHost     = "url/host"
	badPort     = "url/port"
	notPublic   = "url/not-public"
	redirects   = "url/redirects"
	lookup      = "url/lookup"
	unreachable = "url/unreachable"
	badTLS      = "url/tls"
	badStatus   = "url/status"
	badHeaders  = "url/headers"
	tooLarge    = "url/too-large"
	tooSlow     = "url/too-slow"
	cutOff      = "url/cut-off"
)

// Rules documents every rule that an Error names. A check that fetches lists
// them as its own (checks.Rule.Under).
func Rules() []checks.Rule {
	rule := func(id, summary, fix string) checks.Rule {
		return checks.Rule{ID: id, Severity: checks.Failure, Summary: summary, Fix: fix}
	}
	return []checks.Rule{
		rule(malformed, "The URL is a plain URL of at most 2,048 characters.", "Give the URL as your browser shows it, without spaces."),
		rule(notHTTPS, "The URL, and each that it redirects to, starts with https://.", "Give a URL that starts with https:// and stays there."),
		rule(credentials, "The URL names no user and no password.", "Give a URL that everybody can open without logging in."),
		rule(badHost, "The URL's host is a plain name.", "Write the host as a name in small letters a to z; for an international name give its form that starts with xn--."),
		rule(badPort, "The URL's port is 443 or above 1023.", "Leave the port out of the URL."),
		rule(notPublic, "The URL, and each that it redirects to, leads to the public internet.", "Put the file on a server that everybody can reach."),
		rule(redirects, "The URL redirects at most a few times, and to other URLs only.", "Give the URL to which the last redirect leads."),
		rule(lookup, "The host's name can be looked up.", "Check the host's name; if it is right, wait, since this is tried again by itself."),
		rule(unreachable, "The server can be reached and speaks HTTP.", "Open the URL in a browser; if it works there, wait, since this is tried again by itself."),
		rule(badTLS, "The server has a certificate that browsers accept.", "Renew or replace the server's certificate."),
		rule(badStatus, "The server answers 200 to somebody who is not logged in.", "Open the URL in a private window of a browser: it has to download the file."),
		rule(badHeaders, "The answer's headers are small.", "Make the server send at most 64 KiB of headers."),
		rule(tooLarge, "The file is not larger than the limit.", "Make the file smaller: leave out what the plugin does not need to run."),
		rule(tooSlow, "The server sends the file fast enough.", "Put the file on a faster server, for example into a release of the repository."),
		rule(cutOff, "The server sends the whole file.", "Upload the file again; this is also tried again by itself."),
	}
}

// Error says why a URL could not be fetched. Its text is for people: it tells
// nothing about the server's network. What it wraps is for the log.
type Error struct {
	Rule    string // one of Rules, e.g. "url/not-public"
	Message string // one sentence
	Retry   bool   // it may be different later, without anybody's doing
	cause   error
}

// Error returns the sentence.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause. It may name addresses: it is for the log only.
func (e *Error) Unwrap() error { return e.cause }

// Finding returns the error as a finding of the check that fetched.
func (e *Error) Finding(check string) checks.Finding {
	all := Rules()
	rule := all[slices.IndexFunc(all, func(r checks.Rule) bool { return r.ID == e.Rule })].Under(check)
	return checks.Finding{Rule: rule.ID, Severity: rule.Severity, Message: e.Message, Fix: rule.Fix}
}

// refuse returns an error that stays until somebody changes the URL.
func refuse(rule, message string) *Error {
	return &Error{Rule: rule, Message: message}
}

// failed returns an error that may be gone at the next try.
func failed(rule, message string, cause error) *Error {
	return &Error{Rule: rule, Message: message, Retry: true, cause: cause}
}
