package codec

import (
	"reflect"

	"github.com/fxamacker/cbor/v2"
)

// maxDepth bounds the nesting of structs, slices, maps and anys in a value.
const maxDepth = 10_000

// errorTag marks an Error in CBOR, so that one in an any is recognized.
const errorTag = 28016

var (
	encBufferMode = must(encOptions.UserBufferEncMode())
	encMode       = must(encOptions.EncMode())
	decMode       = must(decOptions.DecMode())

	// decOpenMode knows the tag of errors, which costs a look for each value.
	decOpenMode = must(decOptions.DecModeWithTags(errorTags()))
)

var encOptions = cbor.EncOptions{
	Sort:          cbor.SortCoreDeterministic,
	ShortestFloat: cbor.ShortestFloatNone,
	NaNConvert:    cbor.NaNConvertNone,
	InfConvert:    cbor.InfConvertNone,
	BigIntConvert: cbor.BigIntConvertNone, // an any tells a big.Int from an integer
	Time:          cbor.TimeRFC3339Nano,
	TimeTag:       cbor.EncTagRequired, // an any tells a time from a string
	IndefLength:   cbor.IndefLengthForbidden,
	ByteArray:     cbor.ByteArrayToByteSlice,
}

var decOptions = cbor.DecOptions{
	MaxNestedLevels:   maxDepth + 16, // tags, and the inside of an Error
	MaxArrayElements:  1<<31 - 1,
	MaxMapPairs:       1<<31 - 1,
	IndefLength:       cbor.IndefLengthForbidden,
	MapKeyByteString:  cbor.MapKeyByteStringForbidden,
	ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
	UTF8:              cbor.UTF8DecodeInvalid,
	FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
	BigIntDec:         cbor.BigIntDecodePointer,
	TimeTagToAny:      cbor.TimeTagToTime,
}

func errorTags() cbor.TagSet {
	tags := cbor.NewTagSet()
	opts := cbor.TagOptions{DecTag: cbor.DecTagRequired, EncTag: cbor.EncTagRequired}
	if err := tags.Add(opts, reflect.TypeFor[Error](), errorTag); err != nil {
		panic(err)
	}
	return tags
}

func must[M any](mode M, err error) M {
	if err != nil {
		panic(err)
	}
	return mode
}
