package ipc_test

import "github.com/multiproc-go/multiproc/ipc"

func stormer(s *ipc.Space, hear func() string, say func(string, ...any)) error { return nil }
