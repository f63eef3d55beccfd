package play_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/plldb/plldb/magefiles/chores/play"
)

func TestDigFollowsNamesAndIndexes(t *testing.T) {
	var value any
	if err := json.Unmarshal([]byte(`{"A":[{"B":"x"},{"B":null}],"C":{"D":1}}`), &value); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		want any
	}{
		{"A.0.B", "x"},
		{"A.1.B", nil},
		{"A.2.B", nil},
		{"A.-1", nil},
		{"A.B", nil},
		{"C.D", 1.0},
		{"C.D.E", nil},
		{"nobody", nil},
		{"", value},
	} {
		if got := play.Dig(value, c.path); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q gave %v, want %v", c.path, got, c.want)
		}
	}
}
