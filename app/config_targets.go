package app

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/onboard-app/onboard/app/deploy"
	"github.com/onboard-app/onboard/app/mattermost"
	"github.com/onboard-app/onboard/app/mattermost/bundles"
	"github.com/onboard-app/onboard/app/onboarding"
)

// Targets are the servers that plugins are deployed to, by the gate that stands
// before each. One without a URL is none.
type Targets map[string]*TargetServer

// TargetServer is a Mattermost server, and how its gate is followed.
type TargetServer struct {
	URL       string        `json:"url" jsonschema:"Address of the Mattermost server; none: nothing is deployed." example:"https://ci-extensions.example.com"`
	Token     Secret        `json:"token" jsonschema:"Access token of an account there that may manage plugins; better is token_file." example:"…"`
	TokenFile string        `json:"token_file" jsonschema:"File with that token; it is read again when it changes." example:"/run/secrets/ci_extensions_token"`
	Mode      string        `json:"mode" jsonschema:"auto: what passed the gate is deployed; manual: once an admin says /onboard deploy; off: nothing is." example:"auto"`
	Windows   []string      `json:"windows" jsonschema:"When mode auto deploys, in UTC, as Mon-Fri 08:00-17:00; none: at any time." example:"[Mon-Fri 08:00-17:00]"`
	Channel   string        `json:"channel" jsonschema:"Id of a channel there, in which that account tells what is deployed and why something is not; none: nothing is told there." example:"c4yjx6n7bibzpqc6h8w8gq6cfh"`
	Every     time.Duration `json:"every" jsonschema:"From one deployment of a plugin by mode auto to the next, at least, as 12h." example:"12h"`
}

// The values of targets.<gate>.mode.
const (
	DeployAuto   = "auto"
	DeployManual = "manual"
	DeployOff    = "off"
)

// Bundles says where the bundles are kept that were deployed, or are to be.
type Bundles struct {
	Dir    string `json:"dir" jsonschema:"Folder of the bundles that are deployed, from the working directory." example:"bundles"`
	MaxMiB int    `json:"max_mib" jsonschema:"MiB that all bundles may have together; what nothing needs is deleted." example:"8192"`
	S3     S3     `json:"s3" jsonschema:"A bucket of an S3-compatible store, which has the bundles, too: several machines share it."`
}

// S3 is a bucket of an S3-compatible store.
type S3 struct {
	URL           string `json:"url" jsonschema:"Address of the store; none: bundles are in the folder alone." example:"https://s3.example.com"`
	Region        string `json:"region" jsonschema:"The bucket's region; none: the store's own." example:"eu-central-1"`
	Bucket        string `json:"bucket" jsonschema:"Name of the bucket, which must be there." example:"onboard-bundles"`
	Prefix        string `json:"prefix" jsonschema:"Folder in the bucket; none: its root." example:"onboard"`
	AccessKey     string `json:"access_key" jsonschema:"Name of the key with which the bucket is read and written." example:"AKIAIOSFODNN7EXAMPLE"`
	SecretKey     Secret `json:"secret_key" jsonschema:"The key itself; better is secret_key_file." example:"…"`
	SecretKeyFile string `json:"secret_key_file" jsonschema:"File with that key; it is read again when it changes." example:"/run/secrets/s3_key"`
}

// folder is where bundles are kept; secret is nil if they are in the folder alone.
func (b Bundles) folder() (f bundles.Folder, secret *rotating, err error) {
	f = bundles.Folder{Path: b.Dir, Most: int64(b.MaxMiB) << 20}
	if b.S3.URL == "" {
		return f, nil, nil
	}
	secret = newRotating("bundles.s3.secret_key", b.S3.SecretKeyFile, b.S3.SecretKey, checkSecret)
	f.S3, err = bundles.NewS3(bundles.S3Options{
		URL: b.S3.URL, Region: b.S3.Region, Bucket: b.S3.Bucket, Prefix: b.S3.Prefix, AccessKey: b.S3.AccessKey,
		SecretKey: func() string { return secret.get().line() },
	})
	return f, secret, err
}

// defaultTargets are those of the default gates. Community is deployed to by hand
// (S23).
func defaultTargets() Targets {
	targets := Targets{}
	for _, gate := range onboarding.Default().Gates {
		targets[gate.Name] = &TargetServer{Mode: DeployAuto}
	}
	targets["community"].Mode = DeployManual
	return targets
}

// names are the targets' in the order of the alphabet.
func (t Targets) names() []string { return slices.Sorted(maps.Keys(t)) }

// configured are the names of those that have a server.
func (t Targets) configured() []string {
	return slices.DeleteFunc(t.names(), func(name string) bool { return t[name].URL == "" })
}

// told are those with a channel in which it is told what is deployed.
func (t Targets) told() []string {
	return slices.DeleteFunc(t.configured(), func(name string) bool { return t[name].Channel == "" || t[name].Mode == DeployOff })
}

// deployedTo are the gates with a server that is deployed to; true: unasked.
func (t Targets) deployedTo() map[string]bool {
	servers := map[string]bool{}
	for _, name := range t.configured() {
		if t[name].Mode != DeployOff {
			servers[name] = t[name].Mode == DeployAuto
		}
	}
	return servers
}

// haltsDeployments is why nothing is deployed at all; "" for nothing (S23).
func (c Config) haltsDeployments() string {
	if c.Mode != ModeFull {
		return "mode is " + c.Mode
	}
	return ""
}

// validateTargets reports servers that cannot be used, and those of no gate.
func (l *loader) validateTargets(c Config) {
	for _, name := range c.Targets.names() {
		path, target := "targets."+name+".", c.Targets[name]
		if target.URL != "" {
			l.check(path+"url", mattermost.CheckURL(target.URL))
			is := func(g onboarding.Gate) bool { return g.Name == name }
			l.check(path+"url", unless(slices.ContainsFunc(c.Pipeline.Gates, is), "no gate has this name, so nothing is ever deployed to it"))
		}
		l.check(path+"token", unless(len(target.Token.lines()) <= 1, "must be one"))
		l.check(path+"mode", unless(slices.Contains([]string{DeployAuto, DeployManual, DeployOff}, target.Mode), "must be one of auto, manual, off"))
		l.check(path+"channel", channelFault(target.Channel))
		l.check(path+"every", unless(target.Every >= 0, "must not be negative"))
		for _, window := range target.Windows {
			if _, err := deploy.ParseWindow(window); err != nil {
				l.check(path+"windows", err.Error())
			}
		}
	}
	l.check("bundles.dir", unless(c.Bundles.Dir != "", "must be a folder"))
	if s3 := c.Bundles.S3; s3.URL != "" {
		l.check("bundles.s3.url", mattermost.CheckURL(s3.URL))
		l.check("bundles.s3.secret_key", unless(len(s3.SecretKey.lines()) <= 1, "must be one"))
	}
	l.check("bundles.max_mib", unless(c.Bundles.MaxMiB >= 1, "must be 1 or more"))
}

// doubtServers notes servers without a token, which is right for processes that do
// not deploy only.
func (l *loader) doubtServers(c Config, note func(path, what string)) {
	for _, name := range c.Targets.configured() {
		if c.Targets[name].Token == "" && c.Targets[name].Mode != DeployOff {
			note("targets."+name+".token", "is missing; a process with the role deploy needs it")
		}
	}
	if s3 := c.Bundles.S3; s3.URL != "" {
		for _, needed := range [][2]string{{"bucket", s3.Bucket}, {"access_key", s3.AccessKey}, {"secret_key", s3.SecretKey.line()}} {
			if needed[1] == "" {
				note("bundles.s3."+needed[0], "is missing; a process with the role deploy needs it")
			}
		}
	}
	switch chat := c.Chat; {
	case chat.URL == "":
	case chat.Channel == "" && chat.Webhook == "":
		note("chat.channel", "is missing, and so is chat.webhook_file: nothing is said")
	case chat.Channel != "" && chat.Token == "":
		note("chat.token", "is missing; a process with the role deploy needs it")
	}
}

// servers makes the targets that have a server, with the tokens that get returns.
func (t Targets) servers(token func(name string) func() string) (map[string]deploy.Target, error) {
	servers := map[string]deploy.Target{}
	for _, name := range t.configured() {
		target := t[name]
		server, err := mattermost.New(mattermost.Options{Name: name, URL: target.URL, Token: token(name), UserAgent: userAgent()})
		if err != nil {
			return nil, err
		}
		made := deploy.Target{Server: server, Off: target.Mode == DeployOff, Every: target.Every}
		for _, text := range target.Windows {
			window, err := deploy.ParseWindow(text)
			if err != nil {
				return nil, fmt.Errorf("read targets.%s.windows: %w", name, err)
			}
			made.Windows = append(made.Windows, window)
		}
		servers[name] = made
	}
	return servers, nil
}

// tokens are the targets' tokens, read again when their files change.
func (t Targets) tokens() map[string]*rotating {
	tokens := map[string]*rotating{}
	for _, name := range t.configured() {
		tokens[name] = newRotating("targets."+name+".token", t[name].TokenFile, t[name].Token, checkSecret)
	}
	return tokens
}
