package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/ghapi"
	"github.com/onboard-app/onboard/app/store"
)

// webhook looks where GitHub delivers to.
func (p Patient) webhook(ctx context.Context, r *Report, self ghapi.Self) {
	hook, err := p.GitHub.Hook(ctx)
	if err != nil {
		r.Add("webhook", Fail, err.Error(), "try again later")
		return
	}
	set := "set it at " + p.settings(self)
	want := strings.TrimSuffix(p.PublicURL, "/") + p.HookPath
	switch u, err := url.Parse(hook.URL); {
	case hook.URL == "" || err != nil:
		r.Add("webhook", Fail, "GitHub has no address to deliver to", set+": https://YOUR-HOST"+p.HookPath)
	case !hook.Secret:
		r.Add("webhook", Fail, "GitHub signs nothing: the webhook has no secret", set+", the same as github.app.webhook_secret")
	case strings.HasSuffix(u.Hostname(), ".invalid"):
		r.Add("webhook", Warn, "GitHub has no address to deliver to", "run 'onboard serve --pull', or "+set+": https://YOUR-HOST"+p.HookPath)
	case !strings.HasSuffix(u.Path, p.HookPath):
		r.Add("webhook", Fail, fmt.Sprintf("GitHub delivers to %s, where Onboard takes nothing", hook.URL), set+": it must end with "+p.HookPath)
	case p.PublicURL != "" && hook.URL != want:
		r.Add("webhook", Warn, fmt.Sprintf("GitHub delivers to %s, and server.public_url says %s", hook.URL, p.PublicURL), set+": "+want)
	case hook.Insecure:
		r.Add("webhook", Warn, "GitHub does not verify the certificate of "+hook.URL, "enable SSL verification at "+p.settings(self))
	case u.Scheme != "https":
		r.Add("webhook", Warn, fmt.Sprintf("GitHub delivers to %s: what private repositories hold can be read on the way", hook.URL), set+": https://…")
	case hook.ContentType != "json":
		r.Add("webhook", Warn, "GitHub sends forms", "choose application/json at "+p.settings(self))
	default:
		r.ok("webhook", "GitHub delivers to %s, signed", hook.URL)
	}
}

// fetching is how long after a fetch deliveries count as fetched.
const fetching = time.Hour

// deliveries looks what became of GitHub's last ones.
func (p Patient) deliveries(ctx context.Context, r *Report, self ghapi.Self) {
	if found, err := store.Inspect(ctx, p.Database); err == nil && p.Clock.Now().Sub(found.Pulled) < fetching {
		r.ok("deliveries", "they are fetched, last at %s", found.Pulled.UTC().Format(time.DateTime))
		return
	}
	attempts, err := p.GitHub.Attempts(ctx)
	if err != nil {
		r.Add("deliveries", Fail, err.Error(), "try again later")
		return
	}
	answered := map[string]bool{}
	for _, a := range attempts {
		answered[a.GUID] = answered[a.GUID] || a.Status/100 == 2
	}
	missed := 0
	for _, yes := range answered {
		if !yes {
			missed++
		}
	}
	switch {
	case len(attempts) == 0:
		r.ok("deliveries", "there were none yet")
	case missed == 0:
		r.ok("deliveries", "the last %d were taken", len(answered))
	case answered[attempts[0].GUID]:
		r.Add("deliveries", Warn, fmt.Sprintf("%d of the last %d were not taken; the newest was", missed, len(answered)), "nothing: 'onboard serve' has GitHub send them again each hour")
	default:
		status, why, fix := Warn, "no App runs here", "run 'onboard serve': it has GitHub send them again"
		if _, runs := p.running(ctx); runs {
			status = Fail
			why, fix = refusal(attempts[0].Status, p.settings(self))
		}
		r.Add("deliveries", status, fmt.Sprintf("%d of the last %d were not taken, the newest at %s: %s", missed, len(answered), attempts[0].At.UTC().Format(time.DateTime), why), fix)
	}
}

// refusal says why a delivery was not taken, by the status that GitHub got.
func refusal(status int, settings string) (why, fix string) {
	switch status {
	case 0:
		return "GitHub got no answer", "let GitHub reach the webhook's address: name, firewall, certificate"
	case http.StatusUnauthorized:
		return "the signature was wrong", "give github.app.webhook_secret the secret that is set at " + settings
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return fmt.Sprintf("the webhook's address answers %d", status), "lead it to 'onboard serve'"
	}
	return fmt.Sprintf("the webhook's address answers %d", status), "see the log of 'onboard serve', and of what stands before it"
}
