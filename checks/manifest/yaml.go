package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"gopkg.in/yaml.v3"
)

// errAlias says that a manifest uses what could make it grow without bound.
var errAlias = errors.New("it uses YAML aliases (*name), which are not needed in a manifest")

// yamlLine finds the line in an error of the YAML library.
var yamlLine = regexp.MustCompile(`line (\d+)`)

// parseYAML returns the value of a YAML text, read by the library that the
// server reads it with, with the line of every key and value.
func parseYAML(content []byte) (*value, *fault) {
	last := bytes.Count(content, []byte("\n")) + 1
	var document yaml.Node
	if err := yaml.Unmarshal(content, &document); err != nil {
		line := 1
		if found := yamlLine.FindStringSubmatch(err.Error()); found != nil {
			line, _ = strconv.Atoi(found[1]) // digits; 0 if there are too many
		}
		return nil, &fault{syntax, min(max(line, 1), last), fmt.Sprintf("The file is not valid YAML: %v.", err)}
	}
	if len(document.Content) == 0 {
		return nil, &fault{syntax, 1, "The file is empty."}
	}
	v, err := yamlValue(document.Content[0], 0, last)
	if err != nil {
		return nil, &fault{syntax, min(document.Content[0].Line, last), fmt.Sprintf("The file cannot be read as YAML: %v.", err)}
	}
	return v, nil
}

// yamlValue makes a value of a node. All scalars but null are texts: the
// library puts any of them into a text. Lines are at most last: YAML breaks
// lines at characters too at which nobody else does.
func yamlValue(node *yaml.Node, depth, last int) (*value, error) {
	if depth > maxDepth {
		return nil, errDeep
	}
	v := &value{line: min(node.Line, last), end: min(node.Line, last), text: node.Value, exact: true}
	switch node.Kind {
	case yaml.MappingNode:
		v.kind = object
		for i := 0; i+1 < len(node.Content); i += 2 {
			inner, err := yamlValue(node.Content[i+1], depth+1, last)
			if err != nil {
				return nil, err
			}
			v.members = append(v.members, member{key: node.Content[i].Value, line: min(node.Content[i].Line, last), value: inner})
			v.end = max(v.end, inner.end)
		}
	case yaml.SequenceNode:
		v.kind = array
		for _, item := range node.Content {
			inner, err := yamlValue(item, depth+1, last)
			if err != nil {
				return nil, err
			}
			v.items = append(v.items, inner)
			v.end = max(v.end, inner.end)
		}
	case yaml.ScalarNode:
		v.kind = scalarKind(node.ShortTag())
	default:
		return nil, errAlias
	}
	return v, nil
}

// scalarKind is the kind of a scalar with a tag.
func scalarKind(tag string) kind {
	switch tag {
	case "!!null":
		return null
	case "!!bool":
		return boolean
	case "!!int", "!!float":
		return number
	default:
		return text
	}
}
