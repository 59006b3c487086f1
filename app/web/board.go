package web

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
	"github.com/onboard-app/onboard/app/store"
	"github.com/onboard-app/onboard/app/texts"
)

// How many cards a column shows beside others, and alone: the whole board stays
// below 200 KB whatever the number of onboardings.
const (
	cardsBeside = 15
	cardsAlone  = 200
)

// Board is where all onboardings stand.
type Board struct {
	Filter  Filter    `json:"filter"`  // what is shown
	Yours   []Request `json:"yours"`   // what the visitor is asked to decide, the oldest first
	Total   int       `json:"total"`   // onboardings that the visitor may see
	Matches int       `json:"matches"` // of these, that the filter lets through
	Columns []Column  `json:"columns"` // without empty ones
	Parties []Option  `json:"-"`       // that the filter can ask for
	Stages  []Option  `json:"-"`
}

// Filter says which onboardings are shown; it is what the page's URL holds.
type Filter struct {
	Search string `json:"q"`     // part of a repository's or an author's name
	Turn   string `json:"turn"`  // whose turn it is
	Stage  string `json:"stage"` // the column
}

// Option is one choice of a filter.
type Option struct {
	Value, Words string
	Chosen       bool
}

// Column is a stage that somebody must act on, or how whole onboardings stand,
// with those onboardings.
type Column struct {
	Name  string      `json:"name"`  // of the stage, or how the onboardings stand; "" if they wait for nobody
	Title string      `json:"title"` // of the column
	Count int         `json:"count"` // of its cards, those that are left out included
	Cards []BoardCard `json:"cards"` // those that wait for longest; not all of them unless the filter asks for this column
	More  int         `json:"more"`  // how many are left out
	URL   string      `json:"url"`   // of the board with this column alone
}

// BoardCard is an onboarding on the board.
type BoardCard struct {
	Repository string `json:"repository"` // owner/name
	Owner      string `json:"-"`          // of the repository
	Name       string `json:"-"`
	URL        string `json:"url"`        // path of its page
	IsPrivate  bool   `json:"is_private"` // now
	onboarding.Card
}

func filterOf(query url.Values) Filter {
	return Filter{Search: strings.TrimSpace(query.Get("q")), Turn: query.Get("turn"), Stage: query.Get("stage")}
}

// lets tells whether a card is shown.
func (f Filter) lets(c BoardCard) bool {
	search := strings.ToLower(f.Search)
	return (search == "" || strings.Contains(strings.ToLower(c.Repository), search) || strings.Contains(strings.ToLower(c.Author.Login), search)) &&
		(f.Turn == "" || string(c.Next.Party) == f.Turn) &&
		(f.Stage == "" || c.Column() == columnName(f.Stage))
}

// query is the filter as the page's URL holds it, with another column.
func (f Filter) query(stage string) string {
	query := url.Values{}
	for name, value := range map[string]string{"q": f.Search, "turn": f.Turn, "stage": stage} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if len(query) == 0 {
		return "/"
	}
	return "/?" + query.Encode()
}

// free is the name in URLs of the column of onboardings that wait for nobody.
const free = "nobody"

func columnName(stage string) string {
	if stage == free {
		return ""
	}
	return stage
}

// standings are the columns after those of the stages.
var standings = []Option{
	{Value: "", Words: "Nobody's turn"},
	{Value: "paused", Words: "Paused"},
	{Value: "held", Words: "Held"},
	{Value: "complete", Words: "Complete"},
	{Value: "withdrawn", Words: "Withdrawn"},
}

func (w *Web) board(v *visit) (page, error) {
	cards, err := w.Store.Cards(v.ctx)
	if err != nil {
		return page{}, err
	}
	board := Board{Filter: filterOf(v.URL.Query()), Yours: yours(v.visitor, cards), Columns: []Column{}}
	byColumn := map[string][]BoardCard{}
	for _, c := range cards {
		if !seesCard(v.visitor, c) {
			continue
		}
		board.Total++
		if card := boardCard(c); board.Filter.lets(card) {
			board.Matches++
			byColumn[card.Column()] = append(byColumn[card.Column()], card)
		}
	}
	for _, column := range w.columns(byColumn) {
		if list := byColumn[column.Value]; len(list) > 0 {
			board.Columns = append(board.Columns, columnOf(column, list, board.Filter))
		}
	}
	board.Parties, board.Stages = w.parties(board.Filter), w.stages(board.Filter, byColumn)
	return page{name: "board", title: "Board", model: board}, nil
}

// seesCard tells whether a visitor sees an onboarding on the board. GitHub is not
// asked about each private repository: those who have a role see them all, and
// authors their own.
func seesCard(visitor Visitor, c store.Carded) bool {
	return !hidden(c.Repository, c.Card.Why) || len(visitor.Roles) > 0 || visitor.SignedIn() && visitor.Person.ID == c.Card.Author.ID
}

func boardCard(c store.Carded) BoardCard {
	r := c.Repository
	return BoardCard{
		Repository: r.FullName(), Owner: r.Owner, Name: r.Name, URL: pluginURL(r), IsPrivate: r.Private, Card: c.Card,
	}
}

// pluginURL is the path of a plugin's page.
func pluginURL(r store.Repository) string {
	return "/p/" + url.PathEscape(r.Owner) + "/" + url.PathEscape(r.Name)
}

// columns are the pipeline's stages in its order, those of older pipelines, and how
// whole onboardings stand.
func (w *Web) columns(present map[string][]BoardCard) []Option {
	var columns []Option
	for _, s := range w.Pipeline.Stages {
		columns = append(columns, Option{Value: s.Name, Words: s.Name})
	}
	var others []string
	for name := range present {
		known := func(o Option) bool { return o.Value == name }
		if !slices.ContainsFunc(columns, known) && !slices.ContainsFunc(standings, known) {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	for _, name := range others {
		columns = append(columns, Option{Value: name, Words: name})
	}
	return append(columns, standings...)
}

// columnOf is a column of the board: first who waits for longest.
func columnOf(column Option, cards []BoardCard, filter Filter) Column {
	slices.SortStableFunc(cards, func(a, b BoardCard) int {
		return cmp.Or(a.Age().Compare(b.Age()), strings.Compare(a.Repository, b.Repository))
	})
	shown := cardsBeside
	if filter.Stage != "" {
		shown = cardsAlone
	}
	shown = min(shown, len(cards))
	return Column{
		Name: column.Value, Title: column.Words, Count: len(cards), Cards: cards[:shown], More: len(cards) - shown,
		URL: filter.query(cmp.Or(column.Value, free)),
	}
}

// Age is since when the card stands where it stands, as far as is known.
func (c BoardCard) Age() time.Time {
	for _, at := range []time.Time{c.Since, c.EndedAt} {
		if !at.IsZero() {
			return at
		}
	}
	return c.StartedAt
}

// parties are those whose turn it can be.
func (w *Web) parties(filter Filter) []Option {
	parties := []onboarding.Party{onboarding.Author, onboarding.RoleHolders}
	for _, role := range w.Pipeline.Roles() {
		parties = append(parties, onboarding.Party(role))
	}
	options := []Option{{Words: "anybody's turn"}}
	for _, party := range parties {
		options = append(options, Option{Value: string(party), Words: texts.Party(party), Chosen: string(party) == filter.Turn})
	}
	return options
}

func (w *Web) stages(filter Filter, present map[string][]BoardCard) []Option {
	options := []Option{{Words: "all columns"}}
	for _, column := range w.columns(present) {
		column.Value = cmp.Or(column.Value, free)
		column.Chosen = column.Value == filter.Stage
		options = append(options, column)
	}
	return options
}
