package texts

// CommandsPage documents the commands as a page of Markdown.
func CommandsPage(commands []Command) string { return render("commands-page", commands) }
