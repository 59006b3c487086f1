package manifest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"strings"

	"github.com/onboard-app/onboard/checks"
)

// How much of a plugin is read for evidence (S17).
const (
	maxSourceBytes = 256 << 10 // of one file
	maxSources     = 20_000    // files
	maxTotalBytes  = 32 << 20  // of all files
)

// notOurs matches files that are no code of the running plugin: tests, vendored
// and generated ones.
var notOurs = regexp.MustCompile(`(^|/)(vendor|node_modules|third[_-]?party|testdata|tests?|testutils?|e2e|mocks?|fixtures|examples?|\.yarn)/|_test\.go$|\.(test|spec)\.[jt]sx?$`)

// source is one Go file of the server.
type source struct {
	path    string
	folder  string
	set     *token.FileSet
	file    *ast.File
	imports map[string]string // the name in this file of each import path's package
}

// at returns the line of a node, whatever a //line comment claims.
func (s source) at(node ast.Node) span {
	line := s.set.PositionFor(node.Pos(), false).Line
	return span{line, line}
}

// evidence lists for reviewers what they should look at in the server's code.
func (l *look) evidence() error {
	var sources []source
	files, total := 0, int64(0)
	for _, file := range l.subject.Files {
		isServer := strings.HasPrefix(file.Path, "server/") && path.Ext(file.Path) == ".go"
		if file.Mode != checks.Regular && file.Mode != checks.Executable || notOurs.MatchString(file.Path) || !isServer && !mayHoldSecrets(file.Path) {
			continue
		}
		if file.Size > maxSourceBytes || files >= maxSources || total+file.Size > maxTotalBytes {
			if isServer {
				l.add(evidenceUnread, file.Path, span{}, "This file was not looked at: it is too large, or there is too much code.")
			}
			continue
		}
		files, total = files+1, total+file.Size
		content, err := l.subject.Read(l.ctx, file, maxSourceBytes)
		if err != nil {
			return fmt.Errorf("read source file %q: %w", file.Path, err)
		}
		l.secrets(file.Path, content)
		if isServer {
			if s, ok := l.parse(file.Path, content); ok {
				sources = append(sources, s)
			}
		}
	}
	for _, s := range sources {
		l.calls(s)
	}
	l.globals(sources)
	l.tickers(sources)
	l.handlers(sources)
	return nil
}

// parse parses a Go file. It is false for a file that is not valid Go.
func (l *look) parse(file string, content []byte) (source, bool) {
	s := source{path: file, folder: path.Dir(file), set: token.NewFileSet(), imports: map[string]string{}}
	parsed, err := parser.ParseFile(s.set, path.Base(file), content, parser.SkipObjectResolution)
	if err != nil {
		l.add(evidenceUnread, file, span{}, "This file was not looked at: it is not valid Go.")
		return source{}, false
	}
	s.file = parsed
	for _, spec := range parsed.Imports {
		imported := strings.Trim(spec.Path.Value, "\"`")
		s.imports[imported] = path.Base(imported)
		if spec.Name != nil {
			s.imports[imported] = spec.Name.Name
		}
	}
	return s, true
}

// calls reports whether an expression is the call of one of the functions of
// an imported package.
func (s source) calls(call *ast.CallExpr, imported string, functions ...string) bool {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	name, ok := selector.X.(*ast.Ident)
	if !ok || s.imports[imported] != name.Name {
		return false
	}
	for _, function := range functions {
		if selector.Sel.Name == function {
			return true
		}
	}
	return false
}

// calls lists single expressions that reviewers should look at.
func (l *look) calls(s source) {
	ast.Inspect(s.file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.CallExpr:
			l.call(s, node)
		case *ast.KeyValueExpr:
			if name(node.Key) == "InsecureSkipVerify" && name(node.Value) != "false" {
				l.add(evidenceTLS, s.path, s.at(node), "This can switch off the verification of TLS certificates.")
			}
		case *ast.AssignStmt:
			for i, left := range node.Lhs {
				if name(left) == "InsecureSkipVerify" && (len(node.Rhs) <= i || name(node.Rhs[i]) != "false") {
					l.add(evidenceTLS, s.path, s.at(node), "This can switch off the verification of TLS certificates.")
				}
			}
		}
		return true
	})
}

// call lists a call that reviewers should look at.
func (l *look) call(s source, call *ast.CallExpr) {
	switch {
	case s.calls(call, "os/exec", "Command", "CommandContext"), s.calls(call, "os", "StartProcess"), s.calls(call, "syscall", "Exec", "ForkExec", "StartProcess"):
		l.add(evidenceExec, s.path, s.at(call), "The server starts another program here.")
	case s.calls(call, "fmt", "Print", "Println", "Printf"):
		l.add(evidencePrint, s.path, s.at(call), "The server prints here, which is not a log entry with a level.")
	case s.calls(call, "os", "Getenv", "LookupEnv", "Environ"):
		l.add(evidenceEnvironment, s.path, s.at(call), "The server reads the environment here.")
	case s.calls(call, "os", "ReadFile"), s.calls(call, "io/ioutil", "ReadFile"):
		if !ownFile(call) {
			l.add(evidenceEnvironment, s.path, s.at(call), "The server reads a file here.")
		}
	}
}

// ownFile reports whether a file that is read is one of the plugin's own, such
// as the picture of its bot.
func ownFile(call *ast.CallExpr) bool {
	own := false
	for _, argument := range call.Args {
		ast.Inspect(argument, func(node ast.Node) bool {
			text := ""
			switch node := node.(type) {
			case *ast.Ident:
				text = node.Name
			case *ast.BasicLit:
				text = node.Value
			}
			text = strings.ToLower(text)
			own = own || strings.Contains(text, "bundle") || strings.Contains(text, "assets") || strings.Contains(text, "profile")
			return true
		})
	}
	return own
}

// name returns the name of an identifier or of what is selected, else "".
func name(expression ast.Expr) string {
	switch e := expression.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	default:
		return ""
	}
}
