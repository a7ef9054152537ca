package harness

import (
	"fmt"
	"os"
	"strings"
)

// Insert writes text into a Markdown file, between the lines <!-- area --> and
// <!-- /area -->, in place of what stood there.
func Insert(file, area, text string) error {
	document, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	start, end := "<!-- "+area+" -->\n", "<!-- /"+area+" -->\n"
	before, rest, found := strings.Cut(string(document), start)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return fmt.Errorf("%s has no lines %q and %q", file, strings.TrimSpace(start), strings.TrimSpace(end))
	}
	return os.WriteFile(file, []byte(before+start+text+end+after), 0o644)
}
