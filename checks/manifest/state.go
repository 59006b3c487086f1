package manifest

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"strings"

	"github.com/onboard-app/onboard/checks"
)

// globals lists maps of a whole package that change: those of one server of a
// cluster are unknown to the others. Maps that are only read are tables.
func (l *look) globals(sources []source) {
	changed := map[string]bool{} // "folder name" of each name that is changed
	each(sources, func(s source, f *ast.FuncDecl) {
		if f.Name.Name == "init" && f.Recv == nil {
			return // it runs once, before anything else: this fills a table
		}
		ast.Inspect(f.Body, func(node ast.Node) bool {
			for _, name := range changedBy(node) {
				changed[s.folder+" "+name] = true
			}
			return true
		})
	})
	for _, s := range sources {
		for _, declaration := range s.file.Decls {
			variables, ok := declaration.(*ast.GenDecl)
			if !ok || variables.Tok != token.VAR {
				continue
			}
			for _, spec := range variables.Specs {
				l.globalSpec(s, spec.(*ast.ValueSpec), changed) // a var declaration holds no other
			}
		}
	}
}

// globalSpec lists the changed maps of one declaration.
func (l *look) globalSpec(s source, spec *ast.ValueSpec, changed map[string]bool) {
	for i, variable := range spec.Names {
		var initial ast.Expr
		if i < len(spec.Values) {
			initial = spec.Values[i]
		}
		isSync := isSyncMap(s, spec.Type) || isSyncMap(s, initial)
		if isSync || (isMap(spec.Type) || isMap(initial)) && changed[s.folder+" "+variable.Name] {
			l.add(evidenceGlobalMap, s.path, s.at(variable), fmt.Sprintf("The map “%s” of the whole package changes at run time.", checks.Shorten(variable.Name, 60)))
		}
	}
}

// changedBy returns the names of maps that a statement changes.
func changedBy(node ast.Node) []string {
	var names []string
	element := func(expression ast.Expr) {
		if index, ok := expression.(*ast.IndexExpr); ok {
			if variable, ok := index.X.(*ast.Ident); ok {
				names = append(names, variable.Name)
			}
		}
	}
	switch node := node.(type) {
	case *ast.AssignStmt:
		for _, left := range node.Lhs {
			element(left)
		}
	case *ast.IncDecStmt:
		element(node.X)
	case *ast.CallExpr:
		if function, ok := node.Fun.(*ast.Ident); ok && (function.Name == "delete" || function.Name == "clear") && len(node.Args) > 0 {
			if variable, ok := node.Args[0].(*ast.Ident); ok {
				names = append(names, variable.Name)
			}
		}
	}
	return names
}

// isMap reports whether an expression is a map's type, literal or make.
func isMap(expression ast.Expr) bool {
	switch e := expression.(type) {
	case *ast.MapType:
		return true
	case *ast.CompositeLit:
		return isMap(e.Type)
	case *ast.CallExpr:
		return name(e.Fun) == "make" && len(e.Args) > 0 && isMap(e.Args[0])
	default:
		return false
	}
}

// isSyncMap reports whether an expression is the type sync.Map or its literal.
func isSyncMap(s source, expression ast.Expr) bool {
	switch e := expression.(type) {
	case *ast.CompositeLit:
		return isSyncMap(s, e.Type)
	case *ast.SelectorExpr:
		return e.Sel.Name == "Map" && s.imports["sync"] != "" && name(e.X) == s.imports["sync"]
	default:
		return false
	}
}

// tickers lists work that repeats itself in folders where nothing of the
// plugin API's package cluster is used.
func (l *look) tickers(sources []source) {
	clustered := map[string]bool{}
	for _, s := range sources {
		if path.Base(s.folder) == "cluster" {
			clustered[s.folder] = true // a mutex of the plugin's own
		}
		for imported := range s.imports {
			if strings.HasSuffix(imported, "/cluster") {
				clustered[s.folder] = true
			}
		}
	}
	for _, s := range sources {
		if clustered[s.folder] {
			continue
		}
		ast.Inspect(s.file, func(node ast.Node) bool {
			if call, ok := node.(*ast.CallExpr); ok && s.calls(call, "time", "NewTicker", "Tick") {
				l.add(evidenceTicker, s.path, s.at(call), "This repeats itself on every server of a cluster: there is no cluster mutex here.")
			}
			return true
		})
	}
}
