package codec

import "reflect"

// A layout says which bytes of a fixed-size type carry no free value: the gaps,
// which are padding and blank fields and are sent as zero, and the bools, which
// are 0 or 1.
type layout struct {
	size   int
	gaps   []span
	bools  []int
	arrays []arraySpan
}

type span struct{ from, to int }

// An arraySpan is count elements that lie from an offset on.
type arraySpan struct {
	from, count int
	elem        *layout
}

func layoutOf(t reflect.Type) *layout {
	l := &layout{size: int(t.Size())}
	l.add(t, 0)
	return l
}

// add adds a value of type t that lies at offset from.
func (l *layout) add(t reflect.Type, from int) {
	switch t.Kind() {
	case reflect.Bool:
		l.bools = append(l.bools, from)
	case reflect.Array:
		elem := layoutOf(t.Elem())
		if t.Len() > 0 && elem.special() {
			l.arrays = append(l.arrays, arraySpan{from, t.Len(), elem})
		}
	case reflect.Struct:
		l.addStruct(t, from)
	}
}

func (l *layout) addStruct(t reflect.Type, from int) {
	end := 0 // of the field before
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Name == "_" {
			continue
		}
		l.addGap(from+end, from+int(f.Offset))
		l.add(f.Type, from+int(f.Offset))
		end = int(f.Offset + f.Type.Size())
	}
	l.addGap(from+end, from+int(t.Size()))
}

func (l *layout) addGap(from, to int) {
	if from < to {
		l.gaps = append(l.gaps, span{from, to})
	}
}

func (l *layout) special() bool {
	return len(l.gaps) > 0 || len(l.bools) > 0 || len(l.arrays) > 0
}

// clearGaps zeroes in b what does not belong to the value.
func (l *layout) clearGaps(b []byte) {
	for _, g := range l.gaps {
		clear(b[g.from:g.to])
	}
	for _, a := range l.arrays {
		for i := range a.count {
			a.elem.clearGaps(b[a.from+i*a.elem.size:])
		}
	}
}

// valid tells whether b may be taken for a value: Go knows no bool of 2.
func (l *layout) valid(b []byte) bool {
	for _, at := range l.bools {
		if b[at] > 1 {
			return false
		}
	}
	for _, a := range l.arrays {
		for i := range a.count {
			if !a.elem.valid(b[a.from+i*a.elem.size:]) {
				return false
			}
		}
	}
	return true
}
