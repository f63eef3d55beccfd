package stack

// OnDecision has each decision told, by the name of its row of the table.
func (s *Stack) OnDecision(f func(verb Verb, row string)) { s.decided = f }

// Rows are the names of a verb's rows, in their order.
func Rows(verb Verb) []string {
	var names []string
	for _, r := range rows(verb) {
		names = append(names, r.name)
	}
	return names
}
