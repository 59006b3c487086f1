package mattermost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
)

// Reason is why something could not be done, in a word.
type Reason string

// The reasons.
const (
	Unavailable   Reason = "unavailable"    // the network, 5xx, 429: it goes away by itself
	NoToken       Reason = "no-token"       // there is none to send
	TokenRefused  Reason = "token-refused"  // 401
	NotAllowed    Reason = "not-allowed"    // 403
	UploadsOff    Reason = "uploads-off"    // 501
	BadBundle     Reason = "bad-bundle"     // 400: the server cannot read it
	TooLarge      Reason = "too-large"      // for the server
	NotInstalled  Reason = "not-installed"  // 404
	Refused       Reason = "refused"        // any other 4xx
	Moved         Reason = "moved"          // a redirect, which is not followed
	Insecure      Reason = "insecure"       // the token would go over plain http
	Foreign       Reason = "foreign"        // the App did not install what is there (S5)
	NeedsNewer    Reason = "needs-newer"    // the bundle needs a newer server
	Changed       Reason = "changed"        // the bundle's bytes are not those that were checked
	OtherPlugin   Reason = "other-plugin"   // the server reads another plugin or version in it
	DidNotStart   Reason = "did-not-start"  // and what ran before is back
	NotRolledBack Reason = "not-back"       // what ran before is not back
	BundleLost    Reason = "bundle-lost"    // the bytes are kept no more
	Misunderstood Reason = "not-mattermost" // the answer makes no sense
	NoChannel     Reason = "no-channel"     // or no post, or it is not for the token's account
)

// sentences say what a reason means, and what to do next.
var sentences = map[Reason][2]string{
	Unavailable:   {"the server is not available", "It is tried again; nothing needs to be done unless this stays."},
	NoToken:       {"there is no access token for it", "Put a token into the target's token_file."},
	TokenRefused:  {"the server refuses the access token", "Put a token that is in force into the target's token_file; it is read again at once."},
	NotAllowed:    {"the token's account may not manage plugins", "Give that account the permission sysconsole_write_plugins, as a system admin has it."},
	UploadsOff:    {"the server takes no uploaded plugins", "Set PluginSettings.EnableUploads to true there, and RequirePluginSignature to false."},
	BadBundle:     {"the server cannot unpack the bundle", "Build it anew; what was installed before runs on."},
	TooLarge:      {"the bundle is too large for the server", "Raise FileSettings.MaxFileSize there, and what its proxy lets through."},
	NotInstalled:  {"the plugin is not installed there", "Deploy it first."},
	Refused:       {"the server refuses", "Look into the server's log; the request is named below."},
	Moved:         {"the server sends us to another address, where the token is not sent", "Set the target's url to the address that the server really has."},
	Insecure:      {"its URL cannot be used", "Give the target an https:// URL."},
	Foreign:       {"Onboard did not install the plugin that is there, so it does not replace it", "An admin may say that Onboard takes it over, or remove it from the server by hand."},
	NeedsNewer:    {"the plugin needs a newer server", "Upgrade the server, or lower min_server_version; what was installed before runs on."},
	Changed:       {"the bundle is not the one that was checked", "Get the bundle anew; nothing was installed."},
	OtherPlugin:   {"the server reads something else in the bundle than was checked", "Look at the plugins of the server, and tell those who maintain Onboard."},
	DidNotStart:   {"the plugin does not start", "Mend the plugin, and deploy another build."},
	NotRolledBack: {"the plugin does not start, and what ran before could not be put back", "Look at the plugin on the server."},
	BundleLost:    {"the bundle is not kept any more", "Deploy another build."},
	NoChannel:     {"there is no such channel, or the token's account may not post there", "Give chat.channel the channel's id, and add the account to it."},
	Misunderstood: {"what answers is no Mattermost server", "Set the target's url to the address of the server."},
}

// Error is why something could not be done on a server. It shows nothing of what
// the server said in words: a server that refuses a token quotes it (S20).
type Error struct {
	Reason  Reason
	Op      string // what was attempted, as "upload the bundle"
	Target  string // the server's name
	Plugin  string // its id; "" if it is about none
	Version string // that was to be deployed; "" if none
	Status  int    // of HTTP; 0 if there was no answer
	Code    string // Mattermost's name for it, as app.plugin.extract.app_error
	Request string // Mattermost's name for the request, to find it in its log
	Left    string // what is on the server now, in words; "" if as before
	RetryAt time.Time
	Cause   error // shows no secret
}

// What says what went wrong, without where, as "the server refuses the access token".
func (e *Error) What() string { return sentences[e.Reason][0] }

// Next says what to do about it, in a sentence.
func (e *Error) Next() string { return sentences[e.Reason][1] }

// Error says where, what and why.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s on %s", e.Op, e.Target)
	if e.Plugin != "" {
		fmt.Fprintf(&b, ", plugin %q", e.Plugin)
	}
	if e.Version != "" {
		fmt.Fprintf(&b, " %q", e.Version)
	}
	b.WriteString(": " + e.What())
	var details []string
	if e.Status > 0 {
		details = append(details, fmt.Sprint(e.Status))
	}
	for _, detail := range []string{e.Code, e.Request} {
		if detail != "" {
			details = append(details, detail)
		}
	}
	if len(details) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(details, " "))
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	if e.Left != "" {
		b.WriteString("; " + e.Left)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Unavailable tells the queue that it is the server's doing, and goes away.
func (e *Error) Unavailable() (retryAt time.Time, unavailable bool) {
	if cause := (*Error)(nil); e.Reason == NotRolledBack && errors.As(e.Cause, &cause) {
		return cause.Unavailable()
	}
	return e.RetryAt, e.Reason == Unavailable
}

// ReasonOf is the reason of an error of this package, "" of any other.
func ReasonOf(err error) Reason {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// uncertain tells whether, for this reason, it is not known what a call did.
func uncertain(r Reason) bool { return r == Unavailable || r == Misunderstood }

// names are what a server calls its errors and requests: nothing else that it says
// is shown.
var names = regexp.MustCompile(`^[a-z0-9_.]{1,80}$`)

func name(s string) string {
	if names.MatchString(s) {
		return s
	}
	return ""
}

// explain makes an error of Client4's one that may be shown. The text of theirs
// has detailed_error in it, or the whole answer.
func (s *Server) explain(op string, response *model.Response, err error) error {
	e := &Error{Reason: Unavailable, Op: op, Target: s.o.Name}
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s on %s: %w", op, s.o.Name, context.Canceled)
	}
	said := (*model.AppError)(nil)
	is := errors.As(err, &said)
	if response == nil { // there was no answer, or none that Client4 could read
		if e.Cause = whyNot(err); errors.Is(err, errSenseless) || is && !errors.Is(err, io.ErrUnexpectedEOF) {
			e.Reason, e.Cause = Misunderstood, nil
		}
		return e
	}
	e.Status = response.StatusCode
	if is {
		e.Code, e.Request = name(said.Id), name(said.RequestId)
	}
	e.Reason = reasonOf(e.Status, e.Code, err)
	if e.Reason == Unavailable {
		e.RetryAt = retryAfter(response.Header)
	}
	return e
}

// reasonOf reads the answer as mattermost-api.md has it.
func reasonOf(status int, code string, err error) Reason {
	switch {
	case status == http.StatusUnauthorized:
		return TokenRefused
	case status == http.StatusForbidden:
		return NotAllowed
	case status == http.StatusNotImplemented:
		return UploadsOff
	case code == "app.plugin.extract.app_error":
		return BadBundle
	case code == "app.plugin.restart.app_error":
		return DidNotStart
	case status == http.StatusRequestEntityTooLarge, strings.Contains(code, "too_large"), isTooLarge(err):
		return TooLarge
	case status == http.StatusNotFound && code != "":
		return NotInstalled
	case status == http.StatusTooManyRequests, status >= 500:
		return Unavailable
	case status/100 == 3:
		return Moved
	case code == "": // no Mattermost server answers so
		return Misunderstood
	}
	return Refused
}

// isTooLarge knows what a server says in plain words about its MaxFileSize.
func isTooLarge(err error) bool {
	return strings.HasPrefix(err.Error(), "The request was too large")
}

// retryAfter is when a server wants to be asked again; zero if it does not say.
func retryAfter(header http.Header) time.Time {
	seconds, err := time.ParseDuration(header.Get("Retry-After") + "s")
	if err != nil || seconds <= 0 {
		return time.Time{}
	}
	return time.Now().Add(min(seconds, time.Hour))
}

// Told is What, and what is on the server now: a sentence for everybody.
func (e *Error) Told() string {
	if e.Left == "" {
		return e.What()
	}
	return e.What() + "; " + e.Left
}
