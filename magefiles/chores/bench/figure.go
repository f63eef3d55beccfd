package bench

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// Figure is one thing that was measured, once or several times.
type Figure struct {
	Name   string
	Most   float64 // the target: no more than this; 0 for none
	Unit   string  // "ms", "MB", "" for a count
	Values []float64
}

// Median is the middle value, or the mean of the two in the middle.
func (f Figure) Median() float64 {
	sorted := slices.Sorted(slices.Values(f.Values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// Percentile is the smallest of the values that at least p of a hundred do not exceed.
func Percentile(values []float64, p float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[max(rank, 1)-1]
}

// Reached says whether the median is within the target.
func (f Figure) Reached() bool { return f.Median() <= f.Most }

// Measured is the median, and where there are several values the smallest and the largest.
func (f Figure) Measured() string {
	text := f.value(f.Median())
	if len(f.Values) == 1 {
		return text
	}
	return fmt.Sprintf("%s (%s–%s)", text, f.value(slices.Min(f.Values)), f.value(slices.Max(f.Values)))
}

// value has one decimal where it has any.
func (f Figure) value(v float64) string {
	text := strconv.FormatFloat(v, 'f', 1, 64)
	if whole := strconv.FormatFloat(v, 'f', 0, 64); whole+".0" == text {
		text = whole
	}
	if f.Unit == "" {
		return text
	}
	return text + " " + f.Unit
}

// Print writes the figures as a table.
func Print(out io.Writer, figures []Figure) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "figure\ttarget\tmeasured: median (min–max)\t") // Flush has the error
	for _, f := range figures {
		target, word := "≤ "+f.value(f.Most), "reached"
		switch {
		case f.Most == 0:
			target, word = "", ""
		case !f.Reached():
			word = "missed"
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", f.Name, target, f.Measured(), word)
	}
	return table.Flush()
}

func milliseconds(times []time.Duration) []float64 {
	var values []float64
	for _, t := range times {
		values = append(values, float64(t.Microseconds())/1000)
	}
	return values
}

func megabytes(bytes ...int64) []float64 {
	var values []float64
	for _, b := range bytes {
		values = append(values, float64(b)/1e6)
	}
	return values
}
