package template

// Capabilities is what must be said to make the template's resources: CAPABILITY_IAM, or CAPABILITY_NAMED_IAM if one of
// them has a name that the template chooses; nil if nothing.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html, Capabilities
func (t *Template) Capabilities() []string {
	var needed []string
	for _, r := range t.Resources {
		if !r.model.IAM {
			continue
		}
		if r.named() {
			return []string{"CAPABILITY_NAMED_IAM"}
		}
		needed = []string{"CAPABILITY_IAM"}
	}
	return needed
}

func (r *Resource) named() bool {
	properties, _ := r.Properties.(map[string]any)
	v, set := properties[r.model.NameProperty]
	return set && !isNoValue(v)
}

// CapabilityReason says for which types Capabilities asks, "" for none.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplateSummary.html
func (t *Template) CapabilityReason() string {
	types := map[string]bool{}
	for _, r := range t.Resources {
		if r.model.IAM {
			types[r.Type] = true
		}
	}
	if len(types) == 0 {
		return ""
	}
	return "The following resource(s) require capabilities: [" + listed(types) + "]"
}
