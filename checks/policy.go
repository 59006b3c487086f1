package checks

import "strings"

// PolicyFault is one thing in a policy that no check can work with.
type PolicyFault struct {
	Key  string // in the configuration, below "policy.": "licence.allowed"
	What string // what is wrong there, in words
}

// PolicyError is everything that is wrong with a policy.
type PolicyError []PolicyFault

// Error lists the faults.
func (e PolicyError) Error() string {
	var lines []string
	for _, fault := range e {
		lines = append(lines, "policy."+fault.Key+": "+fault.What)
	}
	return strings.Join(lines, "\n")
}
