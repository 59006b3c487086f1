package manifest

import (
	"fmt"
	"go/ast"
	"strings"

	"github.com/onboard-app/onboard/checks"
)

// The header that a Mattermost server sets on requests of logged-in users, and
// which it removes from requests of others.
const loginHeader = "mattermost-user-id"

// server is what is known of the server's code about HTTP: a model of names,
// not of types, so that it needs nothing but the files. It is evidence for
// people; it proves nothing.
type server struct {
	asks    map[string]bool // names of functions that ask who is logged in
	header  map[string]bool // names of constants that hold the header's name
	routers map[string]bool // names of routers with a middleware that asks
	covered map[string]bool // names of handlers that something asks for before
	answer  map[string]bool // names of handlers
}

// handlers lists HTTP handlers that do not seem to ask who is logged in:
// neither they, nor a function that they call, nor what calls them, nor a
// middleware of their router.
func (l *look) handlers(sources []source) {
	m := server{asks: map[string]bool{}, header: map[string]bool{}, routers: map[string]bool{}, covered: map[string]bool{}, answer: map[string]bool{}}
	m.findHeader(sources)
	direct := map[string]bool{}
	each(sources, func(_ source, f *ast.FuncDecl) {
		if m.mentions(f.Body, nil) {
			direct[f.Name.Name] = true
		}
	})
	m.asks = direct
	indirect := map[string]bool{}
	each(sources, func(_ source, f *ast.FuncDecl) {
		if m.mentions(f.Body, direct) {
			indirect[f.Name.Name] = true
		}
	})
	delete(indirect, "ServeHTTP") // calls are found by name: each router has one
	if direct["ServeHTTP"] {
		indirect["ServeHTTP"] = true
	}
	m.asks = indirect
	each(sources, func(_ source, f *ast.FuncDecl) { m.findRouters(f) })
	each(sources, func(_ source, f *ast.FuncDecl) { m.findCovered(f) })
	each(sources, func(s source, f *ast.FuncDecl) { m.answer[f.Name.Name] = m.answer[f.Name.Name] || isHandler(s, f.Type) })
	each(sources, func(s source, f *ast.FuncDecl) { l.handler(s, f, m) })
}

// each calls visit with each function that has a body.
func each(sources []source, visit func(source, *ast.FuncDecl)) {
	for _, s := range sources {
		for _, declaration := range s.file.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Body != nil {
				visit(s, f)
			}
		}
	}
}

// findHeader finds the constants and variables that hold the header's name.
func (m server) findHeader(sources []source) {
	for _, s := range sources {
		ast.Inspect(s.file, func(node ast.Node) bool {
			if spec, ok := node.(*ast.ValueSpec); ok {
				for i, value := range spec.Values {
					if literal, ok := value.(*ast.BasicLit); ok && i < len(spec.Names) && isHeader(literal) {
						m.header[spec.Names[i].Name] = true
					}
				}
			}
			return true
		})
	}
}

// isHeader reports whether a literal is the header's name.
func isHeader(literal *ast.BasicLit) bool {
	return strings.EqualFold(strings.Trim(literal.Value, "\"`"), loginHeader)
}

// mentions reports whether code reads the login header or the session, compares
// a shared secret as webhooks do, or calls one of the functions.
func (m server) mentions(code ast.Node, functions map[string]bool) bool {
	found := false
	ast.Inspect(code, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.BasicLit:
			found = found || isHeader(node)
		case *ast.Ident:
			found = found || m.header[node.Name] || node.Name == "HeaderMattermostUserID" || node.Name == "SessionId"
		case *ast.CallExpr:
			called := name(node.Fun)
			isHMAC := called == "Equal" && rootOf(node) == "hmac"
			found = found || functions[called] || called == "GetSession" || called == "ConstantTimeCompare" || isHMAC
		}
		return !found
	})
	return found
}

// findRouters finds the routers that have a middleware which asks, and those
// made from them.
func (m server) findRouters(f *ast.FuncDecl) {
	ast.Inspect(f.Body, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.CallExpr:
			if selector, ok := node.Fun.(*ast.SelectorExpr); ok && selector.Sel.Name == "Use" && m.askedBy(node.Args) {
				m.routers[name(selector.X)] = true
			}
		case *ast.AssignStmt:
			if len(node.Lhs) == len(node.Rhs) {
				for i, right := range node.Rhs {
					if call, ok := right.(*ast.CallExpr); ok && m.routers[rootOf(call)] {
						m.routers[name(node.Lhs[i])] = true
					}
				}
			}
		}
		return true
	})
}

// rootOf returns the name that a chain of calls such as r.PathPrefix("/").Subrouter() starts with.
func rootOf(expression ast.Expr) string {
	for {
		switch e := expression.(type) {
		case *ast.CallExpr:
			expression = e.Fun
		case *ast.SelectorExpr:
			if _, ok := e.X.(*ast.CallExpr); !ok {
				return name(e.X)
			}
			expression = e.X
		default:
			return name(expression)
		}
	}
}

// askedBy reports whether one of the expressions, a middleware or a wrapped
// handler, asks who is logged in.
func (m server) askedBy(expressions []ast.Expr) bool {
	for _, e := range expressions {
		if m.asks[name(e)] || m.mentions(e, m.asks) {
			return true
		}
	}
	return false
}

// findCovered finds the handlers that something asks for: those that are named
// in a function which asks, registered on a router which asks, or wrapped.
func (m server) findCovered(f *ast.FuncDecl) {
	everything := m.asks[f.Name.Name] && !isRegistration(f)
	ast.Inspect(f.Body, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		if everything {
			m.covered[name(call.Fun)] = true
		}
		if everything || m.routers[rootOf(call)] || m.askedBy(call.Args) || m.asks[name(call.Fun)] {
			for _, argument := range call.Args {
				ast.Inspect(argument, func(inner ast.Node) bool {
					if e, ok := inner.(ast.Expr); ok && name(e) != "" {
						m.covered[name(e)] = true
					}
					return true
				})
			}
		}
		return true
	})
}

// isRegistration reports whether a function registers handlers: what one of
// them asks says nothing about the others.
func isRegistration(f *ast.FuncDecl) bool {
	found := false
	ast.Inspect(f.Body, func(node ast.Node) bool {
		if call, ok := node.(*ast.CallExpr); ok {
			called := name(call.Fun)
			found = found || called == "HandleFunc" || called == "Handle"
		}
		return !found
	})
	return found
}

// handler lists a function, and those within it, if it answers requests and
// nothing seems to ask who is logged in.
func (l *look) handler(s source, f *ast.FuncDecl, m server) {
	if isHandler(s, f.Type) && !m.asks[f.Name.Name] && !m.covered[f.Name.Name] && !m.passesOn(f.Body) {
		l.add(evidenceHTTP, s.path, s.at(f.Name), fmt.Sprintf("The HTTP handler “%s” does not seem to ask who is logged in.", checks.Shorten(f.Name.Name, 60)))
	}
	ast.Inspect(f.Body, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok || name(call.Fun) != "HandleFunc" || m.routers[rootOf(call)] {
			return true
		}
		for _, argument := range call.Args {
			if inner, ok := argument.(*ast.FuncLit); ok && isHandler(s, inner.Type) && !m.mentions(inner.Body, m.asks) {
				l.add(evidenceHTTP, s.path, s.at(inner), "This HTTP handler does not seem to ask who is logged in.")
			}
		}
		return true
	})
}

// isHandler reports whether a function's parameters are those of an HTTP
// handler, perhaps with a plugin context before them.
func isHandler(s source, function *ast.FuncType) bool {
	http := s.imports["net/http"]
	if http == "" || function.Params.NumFields() > 3 {
		return false
	}
	writer, request := false, false
	for _, field := range function.Params.List {
		kind := field.Type
		if pointer, ok := kind.(*ast.StarExpr); ok {
			kind = pointer.X
		}
		if selector, ok := kind.(*ast.SelectorExpr); ok && name(selector.X) == http {
			writer = writer || selector.Sel.Name == "ResponseWriter"
			request = request || selector.Sel.Name == "Request"
		} else if name(field.Type) != "" || name(kind) != "Context" {
			return false // a helper of handlers
		}
	}
	return writer && request && function.Results.NumFields() == 0
}

// passesOn reports whether a handler hands requests to others, such as a router
// or the handler of a path, which are looked at themselves.
func (m server) passesOn(body *ast.BlockStmt) bool {
	found := false
	ast.Inspect(body, func(node ast.Node) bool {
		if call, ok := node.(*ast.CallExpr); ok && (name(call.Fun) == "ServeHTTP" || m.answer[name(call.Fun)]) {
			found = true
		}
		return !found
	})
	return found
}
