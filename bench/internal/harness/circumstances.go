package harness

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Circumstances are the machine and the code that figures were measured with, as
// Markdown.
func Circumstances(rounds int, tools []string) string {
	load := strings.Fields(contents("/proc/loadavg") + " ?")[0]
	lines := []string{
		fmt.Sprintf("Machine: %s, %d cores, Linux %s, load %s at the end of the run.", processor(), runtime.NumCPU(),
			strings.TrimSpace(contents("/proc/sys/kernel/osrelease")), load),
		fmt.Sprintf("With %s and %s, at commit %s, on %s.", strings.Join(tools, ", "), runtime.Version(), commit(),
			time.Now().UTC().Format(time.DateOnly)),
		fmt.Sprintf("Contestants took turns in %d rounds; figures are medians of the rounds' medians, and \"worst\" is the worst of all.", rounds),
	}
	return strings.Join(lines, "\n") + "\n"
}

func processor() string {
	for line := range strings.Lines(contents("/proc/cpuinfo")) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.Trim(name, "\t :\n")
		}
	}
	return runtime.GOARCH
}

func commit() string {
	hash, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	name := strings.TrimSpace(string(hash))
	changed := exec.Command("git", "status", "--porcelain", "--untracked-files=no", "--", ":/", ":!README.md") // which Insert changes
	if changes, err := changed.Output(); err != nil || len(changes) > 0 {
		name += " with changes"
	}
	return name
}

func contents(file string) string {
	text, _ := os.ReadFile(file) // what cannot be read is left out
	return string(text)
}
