package signin

import (
	"net/url"
	"path"
	"strings"
	"unicode"
)

// maxTo bounds the path to come back to, in bytes: it is in a cookie for a while.
const maxTo = 1024

// local returns a path of the App to come back to, with its query and fragment, or
// "/" for all that some browser could take for another site's, or that signs in or
// out.
func local(to string) string {
	u, err := url.Parse(to)
	switch {
	case err != nil, len(to) > maxTo, u.Scheme != "", u.Host != "", u.User != nil, u.Opaque != "",
		!strings.HasPrefix(to, "/"), strings.Contains(to, `\`), strings.ContainsFunc(to, unicode.IsControl):
		return "/"
	}
	clean := path.Clean(u.Path)
	if strings.HasSuffix(u.Path, "/") && clean != "/" {
		clean += "/"
	}
	switch { // the path as it is once decoded: no //, no /../
	case u.Path != clean, strings.ContainsRune(clean, '\\'), strings.ContainsFunc(clean, unicode.IsControl):
		return "/"
	case clean == LoginPath, strings.HasPrefix(clean, LoginPath+"/"), clean == LogoutPath:
		return "/"
	}
	if to = u.String(); len(to) > maxTo { // escaped it is longer
		return "/"
	}
	return to
}
