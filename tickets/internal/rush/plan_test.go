package rush

import (
	"slices"
	"testing"
)

func TestPlan_followsFromTheSeed(t *testing.T) {
	if !slices.Equal(plan(7, 20, 5), plan(7, 20, 5)) {
		t.Error("one seed made two plans")
	}
	if slices.Equal(plan(7, 20, 5), plan(8, 20, 5)) {
		t.Error("two seeds made one plan")
	}
}

func TestPlan_doomsAsManyAsItIsTold(t *testing.T) {
	for _, kills := range []int{0, 1, 19, 20} {
		doomed, names := 0, map[string]bool{}
		for _, v := range plan(1, 20, kills) {
			names[v.Name] = true
			if v.Doomed {
				doomed++
			}
			if v.Think < minThink || v.Think >= maxThink || v.Moment < 0 || v.Moment >= 2*v.Think {
				t.Errorf("%s thinks for %v and dies after %v", v.Name, v.Think, v.Moment)
			}
		}
		if doomed != kills || len(names) != 20 {
			t.Errorf("of %d names %d are doomed, want 20 and %d", len(names), doomed, kills)
		}
	}
}
