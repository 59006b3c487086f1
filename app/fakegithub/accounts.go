package fakegithub

import (
	"crypto/rsa"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// User is an account: a person, an organisation or an App's bot.
type User struct {
	ID        int64
	Login     string
	Type      string // User, Organization or Bot
	createdAt time.Time
}

// App is a GitHub App. Its key and secrets are made for it.
type App struct {
	ID            int64
	Slug          string
	ClientID      string
	PrivateKeyPEM string // RSA, PKCS #1
	WebhookSecret string
	ClientSecret  string

	hookID    int64
	key       *rsa.PublicKey
	owner     *User
	bot       *User
	createdAt time.Time
	hookURL   string
	unhooked  bool // its webhook is not active
	callbacks []string

	name, description, url string
	permissions            map[string]string // that it asks for
	events                 []string

	queue      []*delivery
	delivering int // goroutines that empty the queue
	limit      allowance
}

// Installation is an App on all repositories of one account, until TakeAway.
type Installation struct {
	ID      int64
	App     *App
	Account *User

	github      *GitHub
	permissions map[string]string
	events      []string
	selected    []*Repository // nil = all
	suspended   time.Time
	createdAt   time.Time
	limit       allowance
}

// The permissions and events of github-facts.md 8.
var (
	appPermissions = map[string]string{
		"metadata": "read", "checks": "write", "contents": "write", "pull_requests": "write",
		"issues": "write", "members": "read", "deployments": "write",
	}
	appEvents = []string{
		"issue_comment", "issues", "label", "membership", "pull_request", "pull_request_review", "push", "release", "repository", "team",
	}
)

// CreateUser makes a person, or returns the one of that login.
func (g *GitHub) CreateUser(login string) *User {
	defer g.lock()()
	return g.account(login, "User")
}

// RenameUser gives an account another login: the old one is free to be claimed.
func (g *GitHub) RenameUser(u *User, login string) {
	defer g.lock()()
	delete(g.users, strings.ToLower(u.Login))
	u.Login = login
	g.users[strings.ToLower(login)] = u
}

// CreateOrganization makes an organisation, or returns the one of that login.
func (g *GitHub) CreateOrganization(login string) *User {
	defer g.lock()()
	return g.account(login, "Organization")
}

func (g *GitHub) account(login, kind string) *User {
	key := strings.ToLower(login)
	if g.users[key] == nil {
		g.users[key] = &User{ID: g.newID(), Login: login, Type: kind, createdAt: g.now()}
	}
	return g.users[key]
}

// CreateApp makes an App with a new RSA key and webhook secret. It listens to no
// webhooks until SetWebhookURL.
func (g *GitHub) CreateApp(slug string) *App {
	key, pemText := newKey()
	defer g.lock()()
	return g.newApp(slug, g.account(slug+"-makers", "Organization"), &key.PublicKey, pemText)
}

// newApp makes an App that asks for what is in github-facts.md 8.
func (g *GitHub) newApp(slug string, owner *User, key *rsa.PublicKey, pemText string) *App {
	id := g.newID()
	app := &App{
		ID: id, Slug: slug, ClientID: fmt.Sprintf("Iv23fake%012d", id), WebhookSecret: newSecret(), ClientSecret: newSecret(),
		PrivateKeyPEM: pemText,
		hookID:        g.newID(),
		key:           key,
		owner:         owner,
		bot:           g.account(slug+"[bot]", "Bot"),
		createdAt:     g.now(),
		limit:         allowance{limit: defaultLimit},
		name:          slug, url: g.html("/apps/%s", slug), permissions: appPermissions, events: appEvents,
	}
	g.apps = append(g.apps, app)
	return app
}

// SetWebhookURL says where the App's deliveries go; "" is nowhere, and each is
// recorded as failed.
func (g *GitHub) SetWebhookURL(app *App, url string) {
	defer g.lock()()
	app.hookURL = url
}

// Install puts the App on all repositories of the account, present and future,
// with the permissions that the App asks for.
func (g *GitHub) Install(app *App, owner *User) *Installation {
	return g.InstallWith(app, owner, nil)
}

// InstallWith is Install with some permissions otherwise, e.g. {"contents":
// "read"}; "" takes one away.
func (g *GitHub) InstallWith(app *App, owner *User, permissions map[string]string) *Installation {
	defer g.lock()()
	i := &Installation{
		ID: g.newID(), App: app, Account: owner, github: g, createdAt: g.now(), limit: allowance{limit: defaultLimit},
		permissions: maps.Clone(app.permissions), events: slices.Clone(app.events),
	}
	i.grant(permissions)
	g.installations = append(g.installations, i)
	g.installationChanged(i, owner, "created")
	return i
}

// Suspend stops the installation's tokens and webhooks.
func (i *Installation) Suspend(by *User) {
	defer i.github.lock()()
	i.suspended = i.github.now()
	i.github.installationChanged(i, by, "suspend")
}

// Unsuspend undoes Suspend.
func (i *Installation) Unsuspend(by *User) {
	defer i.github.lock()()
	i.suspended = time.Time{}
	i.github.installationChanged(i, by, "unsuspend")
}

// Remove uninstalls the App: tokens and ids of the installation are known no more.
func (i *Installation) Remove(by *User) {
	g := i.github
	defer g.lock()()
	g.installationChanged(i, by, "deleted")
	g.installations = slices.DeleteFunc(g.installations, func(other *Installation) bool { return other == i })
	maps.DeleteFunc(g.tokens, func(_ string, t *token) bool { return t.installation == i })
}

// grant changes single permissions.
func (i *Installation) grant(permissions map[string]string) {
	maps.Copy(i.permissions, permissions)
	maps.DeleteFunc(i.permissions, func(_, level string) bool { return level == "" })
}

// AcceptPermissions changes some permissions, as when the owner accepts what the
// App asks for anew; "" takes one away. Webhook: installation new_permissions_accepted.
func (i *Installation) AcceptPermissions(by *User, permissions map[string]string) {
	defer i.github.lock()()
	i.grant(permissions)
	i.github.installationChanged(i, by, "new_permissions_accepted")
}

// Subscribe adds events to those that the installation hears of, e.g. "member".
func (i *Installation) Subscribe(events ...string) {
	defer i.github.lock()()
	i.events = append(i.events, events...)
}

// SetPermissions replaces what the installation may do, e.g. {"checks": "read"}.
func (i *Installation) SetPermissions(permissions map[string]string) {
	defer i.github.lock()()
	i.permissions = maps.Clone(permissions)
}

func (g *GitHub) installationChanged(i *Installation, by *User, action string) {
	repositories := []object{}
	for _, r := range g.repositories {
		if i.has(r) {
			repositories = append(repositories, installedJSON(r))
		}
	}
	payload := object{"action": action, "installation": g.installationJSON(i), "sender": g.userJSON(by)}
	if action == "created" || action == "deleted" {
		payload["repositories"], payload["requester"] = repositories, nil
	}
	g.enqueue(i.App, "installation", action, i.ID, 0, payload)
	g.changed(Change{Kind: "installation", Action: action, By: by.Login, Text: fmt.Sprintf("%s: the App %s on %s", action, i.App.Slug, i.Account.Login)})
}

// InstallationOf returns the App's installation on an account, nil if there is none.
func (g *GitHub) InstallationOf(app *App, owner *User) *Installation {
	defer g.lock()()
	return g.installationOf(app, owner)
}

// installationOf returns the App's active or suspended installation on an account.
func (g *GitHub) installationOf(app *App, owner *User) *Installation {
	for _, i := range g.installations {
		if i.App == app && i.Account == owner {
			return i
		}
	}
	return nil
}

func (q *request) getUser() (answer, error) {
	u := q.github.users[strings.ToLower(q.PathValue("username"))]
	if u == nil {
		return answer{}, notFound()
	}
	return reply(http.StatusOK, q.github.fullUserJSON(u)), nil
}

// fullUserJSON is GitHub's public-user.
func (g *GitHub) fullUserJSON(u *User) object {
	body := g.userJSON(u)
	maps.Copy(body, object{
		"name": nil, "company": nil, "blog": "", "location": nil, "email": nil, "hireable": nil, "bio": nil, "twitter_username": nil,
		"public_repos": 0, "public_gists": 0, "followers": 0, "following": 0, "created_at": stamp(u.createdAt), "updated_at": stamp(u.createdAt),
	})
	return body
}

func (g *GitHub) userOrNull(u *User) any {
	if u == nil {
		return nil
	}
	return g.userJSON(u)
}

func (g *GitHub) usersJSON(users []*User) []object {
	rows := []object{}
	for _, u := range users {
		rows = append(rows, g.userJSON(u))
	}
	return rows
}

// userJSON is GitHub's simple-user.
func (g *GitHub) userJSON(u *User) object {
	login := url.PathEscape(u.Login)
	user := object{
		"login": u.Login, "id": u.ID, "node_id": nodeID("U", u.ID), "type": u.Type, "site_admin": false, "user_view_type": "public",
		"gravatar_id": "", "avatar_url": g.html("/avatars/u/%d", u.ID), "html_url": g.html("/%s", login), "url": g.api("/users/%s", login),
	}
	if u.Type == "Bot" {
		user["html_url"] = g.html("/apps/%s", strings.TrimSuffix(u.Login, "[bot]"))
	}
	for name, path := range map[string]string{
		"followers": "followers", "following": "following{/other_user}", "gists": "gists{/gist_id}", "starred": "starred{/owner}{/repo}",
		"subscriptions": "subscriptions", "organizations": "orgs", "repos": "repos", "events": "events{/privacy}", "received_events": "received_events",
	} {
		user[name+"_url"] = g.api("/users/%s/", login) + path
	}
	return user
}

// organizationJSON is the organisation in a webhook's payload.
func (g *GitHub) organizationJSON(u *User) object {
	organization := object{
		"login": u.Login, "id": u.ID, "node_id": nodeID("O", u.ID), "url": g.api("/orgs/%s", u.Login),
		"avatar_url": g.html("/avatars/u/%d", u.ID), "description": "",
	}
	for name, path := range map[string]string{
		"repos": "repos", "events": "events", "hooks": "hooks", "issues": "issues",
		"members": "members{/member}", "public_members": "public_members{/member}",
	} {
		organization[name+"_url"] = g.api("/orgs/%s/", u.Login) + path
	}
	return organization
}
