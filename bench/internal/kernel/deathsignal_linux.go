package kernel

import (
	"os/exec"

	"golang.org/x/sys/unix"
)

// DieWithThread has the command killed when the thread that starts it ends.
func DieWithThread(cmd *exec.Cmd) {
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
}
