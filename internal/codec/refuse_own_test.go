package codec

import (
	"errors"
	"math/big"
	"strings"
	"testing"
)

func TestRefuse_isAskedAboutAllThatMarshalsItself(t *testing.T) {
	type inner struct{ N *big.Int }
	type outer struct {
		In   []inner
		Any  any
		Keys map[string]big.Int
	}
	c, err := Of[outer]()
	if err != nil {
		t.Fatal(err)
	}
	c.Refuse(func(x any) error {
		if n, ok := x.(*big.Int); !ok {
			t.Errorf("asked about a %T", x)
		} else if n.Sign() < 0 {
			return errors.New("less than nothing")
		}
		return nil
	})
	good, bad := big.NewInt(1), big.NewInt(-1)
	if _, err := c.Append(nil, &outer{In: []inner{{good}, {nil}}, Any: good, Keys: map[string]big.Int{"a": *good}}); err != nil {
		t.Error(err)
	}
	for path, x := range map[string]outer{
		"outer.In[1].N:":     {In: []inner{{good}, {bad}}},
		"outer.Any:":         {Any: bad},
		"outer.Any[0][0].N:": {Any: []any{[]inner{{bad}}}},
		`outer.Keys["a"]:`:   {Keys: map[string]big.Int{"a": *bad}},
	} {
		if _, err := c.Append(nil, &x); !errors.Is(err, ErrType) || !strings.Contains(err.Error(), "less than nothing") {
			t.Errorf("at %s %v", path, err)
		} else if !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%v, want it at %s", err, path)
		}
	}
}
