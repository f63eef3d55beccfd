package bench_test

import (
	"strings"
	"testing"

	"github.com/plldb/plldb/magefiles/chores/bench"
)

func TestFiguresAreToldByTheirMedian(t *testing.T) {
	for _, c := range []struct {
		name    string
		figure  bench.Figure
		want    string
		reached bool
	}{
		{"one", bench.Figure{Most: 2, Values: []float64{2}}, "2", true},
		{"odd", bench.Figure{Most: 10, Unit: "ms", Values: []float64{30, 1.25, 9.96}}, "10 ms (1.2 ms–30 ms)", true},
		{"even", bench.Figure{Most: 2, Values: []float64{1, 2, 3, 4}}, "2.5 (1–4)", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.figure.Measured(); got != c.want {
				t.Errorf("measured %q, want %q", got, c.want)
			}
			if got := c.figure.Reached(); got != c.reached {
				t.Errorf("reached is %v, want %v", got, c.reached)
			}
		})
	}
}

func TestPrintShowsWhatWasMissed(t *testing.T) {
	var out strings.Builder
	err := bench.Print(&out, []bench.Figure{
		{Name: "requests", Most: 12, Values: []float64{10}},
		{Name: "share", Unit: "ms", Values: []float64{1}},
		{Name: "time", Most: 60, Unit: "ms", Values: []float64{61, 70, 80}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `figure    target   measured: median (min–max)  
requests  ≤ 12     10                          reached
share              1 ms                        
time      ≤ 60 ms  70 ms (61 ms–80 ms)         missed
`
	if out.String() != want {
		t.Errorf("printed\n%s\nwant\n%s", out.String(), want)
	}
}

func TestPercentileIsOneOfTheValues(t *testing.T) {
	values := []float64{5, 1, 4, 2, 3, 10, 9, 8, 7, 6}
	for p, want := range map[float64]float64{0: 1, 50: 5, 90: 9, 95: 10, 100: 10} {
		if got := bench.Percentile(values, p); got != want {
			t.Errorf("at %v it is %v, want %v", p, got, want)
		}
	}
}
