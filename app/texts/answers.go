package texts

import (
	"slices"
	"strings"
	"time"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Command documents one /onboard command; help and the docs are made from it.
type Command struct {
	Name     string   `json:"name"`     // the word after /onboard
	Usage    string   `json:"usage"`    // "/onboard recheck [stage]"
	Doc      string   `json:"doc"`      // one sentence of Markdown, with a capital and a full stop
	Who      string   `json:"who"`      // who may, in the middle of a sentence: "the plugin's author"
	Examples []string `json:"examples"` // each a whole line
}

// Help lists all commands.
func Help(commands []Command) string { return render("help", commands) }

// HelpFor explains one command.
func HelpFor(command Command) string { return render("help-command", command) }

// UnknownCommand answers a word that is no command; suggestion may be "".
func UnknownCommand(name, suggestion string) string {
	return render("unknown-command", map[string]string{"Name": name, "Suggestion": suggestion})
}

// UnknownStage answers the name of a stage that does not exist or that no
// check decides; suggestion may be "".
func UnknownStage(name, suggestion string, stages []string) string {
	return render("unknown-stage", map[string]any{"Name": name, "Suggestion": suggestion, "Stages": stages})
}

// Refused tells somebody, named by a link, who may say a command. If GitHub could
// not be asked for all who may, unreadable says why, else it is "".
func Refused(person, command, who, unreadable string) string {
	return render("refused", map[string]string{"Person": person, "Command": command, "Who": who, "Unreadable": unreadable})
}

// NotStarted answers a command that needs an onboarding where there is none.
func NotStarted(who string) string { return render("not-started", map[string]string{"Who": who}) }

// AlreadyStarted links to the issue where the onboarding is under way, "#12".
func AlreadyStarted(link string) string {
	return render("already-started", map[string]string{"Link": link})
}

// TooManyOpen refuses one more onboarding of an owner, named by a link (S18).
func TooManyOpen(owner string, limit int) string {
	return render("too-many-open", map[string]any{"Owner": owner, "Limit": limit})
}

// OwnerBlocked refuses an onboarding of an owner, named by a link, whose
// repositories are not taken (S18).
func OwnerBlocked(owner string) string {
	return render("owner-blocked", map[string]string{"Owner": owner})
}

// TooManyCommands refuses commands beyond the hourly limit (S18).
func TooManyCommands(limit int, again time.Time) string {
	return render("too-many-commands", map[string]any{"Limit": limit, "Again": again})
}

// TooManyInOne says that commands beyond the limit of one text were left out (S17).
func TooManyInOne(limit int) string {
	return render("too-many-in-one", map[string]any{"Limit": limit})
}

// Edited answers a command in an edited comment, which changes nothing.
func Edited() string { return render("edited", nil) }

// NothingToApprove answers a decision on a stage at which there is nothing to
// decide now.
func NothingToApprove(stage string) string { return render("nothing-to-approve", stage) }

// NothingToWaive answers a waiver of a stage with which nothing is wrong.
func NothingToWaive(stage string) string { return render("nothing-to-waive", stage) }

// SubjectChanged answers an approval of something else than the check run shows
// (S4).
func SubjectChanged(stage, before, now string) string {
	return render("subject-changed", map[string]string{"Stage": stage, "Before": before, "Now": now})
}

// SayWhich asks for the first digits of what is approved.
func SayWhich(stage, subject string) string {
	return render("say-which", map[string]string{"Stage": stage, "Begins": subject[:min(12, len(subject))]})
}

// SayWhy asks for the reason of a command.
func SayWhy(command string) string { return render("say-why", command) }

// NoDay answers a day that is none, or past.
func NoDay(day string) string { return render("no-day", day) }

// Deciders names the people of some roles, in the middle of a sentence.
func Deciders(roles []onboarding.Role) string {
	var names []string
	for i, role := range roles {
		if !slices.Contains(roles[:i], role) {
			names = append(names, Party(onboarding.Party(role)))
		}
	}
	return list(names)
}

// OnHold answers a command that has to wait while the onboarding is held.
func OnHold(command string) string { return render("on-hold", command) }

// NothingToConfirm answers a confirmation where there is no new owner.
func NothingToConfirm() string { return render("nothing-to-confirm", nil) }

// OtherOwner answers a confirmation that cannot have been about the present owner,
// named by a link.
func OtherOwner(owner string) string { return render("other-owner", owner) }

// NotAURL answers a nightly URL that is none.
func NotAURL() string { return render("not-a-url", nil) }

// Ended answers a command about an onboarding that is over.
func Ended() string { return render("ended", nil) }

// NotEndedYet answers a start just after the end of the round before.
func NotEndedYet() string { return render("not-ended-yet", nil) }

// FormerRound answers a command that was said before the round began.
func FormerRound() string { return render("former-round", nil) }

// AdoptWhere answers an adoption that is said elsewhere than in a pull request.
func AdoptWhere() string { return render("adopt-where", nil) }

// NoServer answers a deployment to what is no server; suggestion may be "".
func NoServer(name, suggestion string, servers []string) string {
	return render("no-server", map[string]any{"Name": name, "Suggestion": suggestion, "Servers": servers})
}

// NothingToDeploy answers a deployment where the gate lets nothing through; why says
// so in the middle of a sentence.
func NothingToDeploy(gate, why string) string {
	return render("nothing-to-deploy", map[string]string{"Gate": gate, "Why": why})
}

// NothingEarlier answers a roll back where nothing is kept that could be put back.
func NothingEarlier(gate string) string { return render("nothing-earlier", gate) }

// RollsBack answers a roll back of what runs on a gate's server; by is a link to who
// asked for it.
func RollsBack(by, gate string, runs Server) string {
	return render("rolls-back", map[string]any{"By": by, "Gate": gate, "Server": runs})
}

// NotAsked answers who declines what they are not asked for.
func NotAsked() string { return render("not-asked", nil) }

// SecretURL answers a nightly URL with a password in it (S20).
func SecretURL() string { return render("secret-url", nil) }

// PausedAlready answers a pause of what is paused.
func PausedAlready() string { return render("paused-already", nil) }

// NotPaused answers a resume of what is not paused.
func NotPaused() string { return render("not-paused", nil) }

// RemindWhen answers a reminder without a day.
func RemindWhen() string { return render("remind-when", nil) }

// TooManyDates answers one more reminder than are kept (S17).
func TooManyDates(limit int) string { return render("too-many-dates", limit) }

// SayWhom asks for the people whom a command is about.
func SayWhom(command string) string { return render("say-whom", command) }

// NobodyOfThatName answers a login that GitHub does not know.
func NobodyOfThatName(word string) string { return render("nobody-of-that-name", word) }

// CannotDecide answers the assignment of a person, named by a link, who may not
// decide the stage; who says who may. If GitHub could not be asked for all who
// may, unreadable says why, else it is "".
func CannotDecide(person, stage, who, unreadable string) string {
	return render("cannot-decide", map[string]string{"Person": person, "Stage": stage, "Who": who, "Unreadable": unreadable})
}

// AuthorAlready answers a transfer to who is the author, named by a link.
func AuthorAlready(person string) string { return render("author-already", person) }

// Take tells the one to whom the author hands the plugin over how to take it.
// heir is a mention or a link, by a link.
func Take(heir, by string) string {
	return render("take", map[string]string{"Heir": heir, "By": by})
}

// CannotTake answers a new author who may not write to the repository.
func CannotTake() string { return render("cannot-take", nil) }

// NothingToAppeal answers an appeal where no check is against the plugin.
func NothingToAppeal(stage string) string { return render("nothing-to-appeal", stage) }

// UnknownRule answers an appeal against what fails nothing; suggestion may be "".
func UnknownRule(stage, rule, suggestion string, rules []string) string {
	return render("unknown-rule", map[string]any{"Stage": stage, "Rule": rule, "Suggestion": suggestion, "Rules": rules})
}

// LabelRefused tells somebody, named by a link, that a stage's label is for others.
func LabelRefused(person, label, who string) string {
	return render("label-refused", map[string]string{"Person": person, "Label": label, "Who": who})
}

// ClosedByLabel tells that somebody, named by a link, closed a stage by taking off
// its label.
func ClosedByLabel(person, stage string) string {
	return render("closed-by-label", map[string]string{"Person": person, "Stage": stage})
}

// Mention names somebody so that GitHub tells them. Only for people with a role,
// and for the author (S18).
func Mention(login string) string { return "@" + Line(login) }

// Status says in a sentence whose turn it is; comment is the page of the
// status comment, "" if there is none yet.
func Status(v View, comment string) string {
	return render("status", map[string]any{"View": v, "Comment": comment})
}

// Answer gathers the answers to the commands of one comment.
func Answer(answers []string) string { return strings.Join(answers, "\n---\n\n") }
