package multiproc_test

import (
	"context"
	"fmt"
	"sync"

	"github.com/multiproc-go/multiproc"
)

var bake = multiproc.Func("bake", func(_ context.Context, what string) (multiproc.None, error) {
	fmt.Printf("knead the %s\nbake ", what) // a line may come in pieces
	fmt.Printf("the %s\n", what)
	return multiproc.None{}, nil
})

// Processes that write at the same time, each line with the name of its process.
func ExampleWithLinePrefix() {
	var wg sync.WaitGroup
	for _, what := range []string{"bread", "cake"} {
		wg.Go(func() {
			bake.Call(context.Background(), what, multiproc.WithLinePrefix(fmt.Sprintf("%-6s| ", what)))
		})
	}
	wg.Wait()
	// Unordered output:
	// bread | knead the bread
	// bread | bake the bread
	// cake  | knead the cake
	// cake  | bake the cake
}
