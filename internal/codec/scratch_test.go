package codec_test
import ("testing";"math";"errors";"time";"fmt";"io")
func TestScratch(t *testing.T){
	m := map[float64]error{math.NaN(): io.EOF, math.NaN(): errMine, 1: nil}
	m[math.NaN()] = io.EOF
	g := cross(t, m)
	fmt.Println(len(g), g)
	fmt.Println(cross(t, map[error]int{io.EOF: 1, errors.New("x"): 2}))
	s := time.Now()
	fmt.Println(appendError(t, shared("", 40)), time.Since(s))
	s = time.Now()
	var a any = errors.New("x")
	for range 40 { a = []any{a,a} }
	fmt.Println(appendError(t, a), time.Since(s))
	type H struct{ T *time.Time; P *[]int; E []any; PP **int }
	var z *int
	fmt.Printf("%+v\n", cross(t, H{T: &time.Time{}, P: new([]int), PP: &z}))
	type E1 struct { Inner; X string }
	fmt.Printf("%+v\n", cross(t, E1{X:"lost?"}))
	type U struct { U uintptr; S string }
	fmt.Println(refusal[U]())
	fmt.Println(refusal[struct{ C chan int }]())
	fmt.Println(refusal[map[string]func()]())
	fmt.Println(refusal[any](), refusal[func()]())
}
type Inner struct{ selfish }
