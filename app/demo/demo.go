package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"github.com/onboard-app/onboard/app"
	"github.com/onboard-app/onboard/app/fakegithub"
	"github.com/onboard-app/onboard/app/onboarding"
)

// Options say how to play.
type Options struct {
	Out     io.Writer
	Colour  bool
	Once    bool   // end after the last scene
	JSON    bool   // print the result only, as JSON
	Listen  string // where the App listens
	Picture string // file for a picture (SVG) of what people see; "" for none
}

// patience is how long a scene may take.

const patience = 30 * time.Second

// Result is what the story came to (design.md, "Program").
type Result struct {
	Repository  string            `json:"repository"`
	PullRequest *PullRequest      `json:"pull_request"`
	CheckRuns   []CheckRun        `json:"check_runs"`
	Gates       map[string]string `json:"gates"`
	APICalls    int               `json:"api_calls"`
	Comments    int               `json:"comments"`
	Seconds     float64           `json:"seconds"`
}

// PullRequest is the review PR.
type PullRequest struct {
	Number int `json:"number"`
	Files  int `json:"files"`
}

// CheckRun is one check run at the head of the review PR.
type CheckRun struct {
	Name       string `json:"name"`
	HeadSHA    string `json:"head_sha"`
	Status     string `json:"status"`
	Conclusion string `json:"conclusion"`
	Title      string `json:"title"`
}

// Run plays the story and, unless it is to be played once, keeps the App
// running until ctx ends. It fails if a scene does not come out as told.
func Run(ctx context.Context, options Options) (err error) {
	story, err := NewStory(fakegithub.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, story.GitHub.Close()) }()
	folder, err := os.MkdirTemp("", "onboard-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the demo's database: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	config := Config(story, "sqlite://"+filepath.Join(folder, "demo.db"), options.Listen)
	config.Bundles.Dir = filepath.Join(folder, "bundles")
	if story.Server, err = newServer(&config); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, story.Server.Close()) }()
	onboard, err := app.New(ctx, config, zerolog.New(os.Stderr).Level(zerolog.WarnLevel), app.WithClock(story.Now), app.WithOwnURL())
	if err != nil {
		return err
	}
	story.GitHub.SetWebhookURL(story.App, onboard.URL()+app.HookPath)
	story.GitHub.SetCallbackURLs(story.App, onboard.URL()+app.CallbackPath)

	running, stop := context.WithCancel(ctx)
	defer stop()
	stopped := make(chan error, 1)
	go func() { stopped <- onboard.Run(running) }()

	played := play(running, story, onboard, options)
	if played == nil && !options.Once {
		<-ctx.Done()
	}
	stop()
	return errors.Join(played, <-stopped)
}

// Config configures an App to work for the story's GitHub.
func Config(story *Story, database, listen string) app.Config {
	config := app.Default()
	config.GitHub.WebURL = story.URL
	config.GitHub.V3APIURL = story.URL + "/api/v3/"
	config.GitHub.V4APIURL = story.URL + "/api/graphql"
	config.GitHub.App.IntegrationID = story.App.ID
	config.GitHub.App.WebhookSecret = app.Secret(story.App.WebhookSecret)
	config.GitHub.App.PrivateKey = app.Secret(story.App.PrivateKeyPEM)
	config.GitHub.OAuth.ClientID, config.GitHub.OAuth.ClientSecret = story.App.ClientID, app.Secret(story.App.ClientSecret)
	config.Server.Listen, config.Server.AdminListen = listen, "127.0.0.1:0"
	config.Database.URL = database
	if story.Starter != nil {
		config.Template.Repository = story.Starter.FullName()
		for role, people := range story.roles() {
			for _, person := range people {
				config.Roles[role].Users = append(config.Roles[role].Users, person.Login)
			}
		}
	} else {
		config.Start.Accept = app.AcceptNone // a bare stage has nobody who could
	}
	config.Writes.Burst = 1000       // what takes people days happens here within seconds
	config.SafeHTTP.AllowHTTP = true // the simulated GitHub's releases are on this machine
	config.SafeHTTP.AllowCIDRs = []string{"127.0.0.0/8"}
	return config
}

// gathering is after how long those who are newly waited for are told.
const gathering = 11 * time.Minute

// play plays the scenes and prints what happens.
func play(ctx context.Context, story *Story, onboard *app.App, options Options) error {
	began := time.Now()
	printer := newPrinter(options, story, began)
	printer.opening(onboard)
	if err := await(ctx, story, onboard, story.Ready); err != nil {
		return fmt.Errorf("the starter template was not read: %w", err)
	}
	printer.ready()
	stop := story.GitHub.Watch(printer.change)
	defer stop()
	for i, scene := range story.Scenes() {
		printer.scene(scene.Title)
		before := len(story.GitHub.Calls())
		if err := scene.Play(); err != nil {
			return fmt.Errorf("play the scene %q: %w", scene.Title, err)
		}
		if err := await(ctx, story, onboard, scene.Done); err != nil {
			return fmt.Errorf("the scene %q did not come out as told: %w", scene.Title, err)
		}
		if scene.Told != nil {
			printer.pass()
			story.later.Add(int64(gathering))
			onboard.Wake()
			if err := await(ctx, story, onboard, scene.Told); err != nil {
				return fmt.Errorf("after the scene %q nobody was told: %w", scene.Title, err)
			}
		}
		printer.end(len(story.GitHub.Calls()) - before)
		if i == 0 && options.Picture != "" { // the start shows best whose turn it is
			if err := os.WriteFile(options.Picture, []byte(story.picture()), 0o600); err != nil {
				return fmt.Errorf("write the picture: %w", err)
			}
		}
	}
	result := story.result(time.Since(began))
	if options.JSON {
		encoder := json.NewEncoder(options.Out)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(result); err != nil {
			return fmt.Errorf("print the result: %w", err)
		}
		return nil
	}
	printer.closing(result)
	if options.Once {
		return nil
	}
	stop() // nobody wants to read all that
	printer.town()
	if err := settle(ctx, story, onboard); err != nil {
		return fmt.Errorf("play what the neighbours do: %w", err)
	}
	printer.open(onboard)
	return nil
}

// await waits until something is done, and then until the App has nothing to do.
func await(ctx context.Context, story *Story, onboard *app.App, done func() bool) error {
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := story.GitHub.Wait(waiting, done); err != nil {
		return err
	}
	return onboard.Idle(waiting)
}

// result sums up what people see at the end.
func (s *Story) result(took time.Duration) Result {
	r := Result{
		Repository: s.Plugin.FullName(), CheckRuns: []CheckRun{}, Gates: map[string]string{},
		APICalls: len(s.GitHub.Calls()), Seconds: took.Seconds(),
	}
	for _, run := range s.Plugin.CheckRuns(s.Carrier()) {
		r.CheckRuns = append(r.CheckRuns, CheckRun{
			Name: run.Name, HeadSHA: run.HeadSHA, Status: run.Status, Conclusion: run.Conclusion, Title: run.Title,
		})
	}
	if pr := lastPR(s.Plugin); pr != nil {
		r.PullRequest = &PullRequest{Number: pr.Number, Files: len(pr.Files())}
	}
	for _, gate := range onboarding.Default().Gates {
		r.Gates[gate.Name] = s.Conclusion(gate.Name)
	}
	comments := s.Issue.Comments()
	for _, pr := range s.Plugin.PullRequests() {
		comments = append(comments, pr.Comments()...)
	}
	for _, comment := range comments {
		if fromApp(comment) {
			r.Comments++
		}
	}
	return r
}
