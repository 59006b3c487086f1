package texts

// CommandsPage documents the commands as a page of Markdown.
func CommandsPage(commands []Command) string { return render("commands-page", commands) }

// CommandsIntro says in Markdown how commands are written and what comes of them.
func CommandsIntro() string { return render("commands-intro", nil) }
