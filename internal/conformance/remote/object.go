package remote

// An object has the methods that all objects have. They return no errors: of a
// process that is gone, no name and no ID.
type object struct{ reference }

func (o object) Name() string {
	name, _ := get[string](background, o.reference, "Name")
	return name
}

func (o object) ID() uint64 {
	id, _ := get[uint64](background, o.reference, "ID")
	return id
}
