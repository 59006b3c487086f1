package app

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/jsonschema-go/jsonschema"

	"github.com/onboard-app/onboard/app/onboarding"
)

// Masked is the configuration as YAML, every secret that is set shown as
// ********.
func (c Config) Masked() (string, error) {
	text, err := yaml.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("write the configuration as YAML: %w", err)
	}
	return string(text), nil
}

// Schema is the JSON schema of config.yml, indented. Editors that know it
// complete the keys and mark what is wrong while it is typed.
func Schema() ([]byte, error) {
	schema, err := jsonschema.For[Config](&jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[Secret]():          {AnyOf: []*jsonschema.Schema{{Type: "string"}, {Type: "array", Items: &jsonschema.Schema{Type: "string"}}}},
		reflect.TypeFor[time.Duration]():   {Type: "string", Pattern: `^([0-9.]+(ns|us|µs|ms|s|m|h))+$`},
		reflect.TypeFor[Day]():             {Type: "string", Pattern: `^\d{4}-\d{2}-\d{2}$`},
		reflect.TypeFor[onboarding.Kind](): {Type: "string", Enum: []any{onboarding.Automatic, onboarding.Review, onboarding.SignOff}},
	}})
	if err != nil {
		return nil, fmt.Errorf("infer the schema of the configuration: %w", err)
	}
	schema.Title = "The configuration of Onboard"
	relax(schema)
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the schema as JSON: %w", err)
	}
	return append(text, '\n'), nil
}

// relax makes every key optional: it has a default or comes from the environment.
// Only the items of lists have keys that must be there. Nothing may be null.
func relax(schema *jsonschema.Schema) {
	schema.Required = nil
	forbidNull(schema)
	for _, property := range schema.Properties {
		relax(property)
	}
	if schema.AdditionalProperties != nil {
		relax(schema.AdditionalProperties)
	}
}

func forbidNull(schema *jsonschema.Schema) {
	if len(schema.Types) == 2 && schema.Types[0] == "null" {
		schema.Type, schema.Types = schema.Types[1], nil
	}
	if schema.Items != nil {
		forbidNull(schema.Items)
		for _, property := range schema.Items.Properties {
			forbidNull(property)
		}
	}
}
