package dynamodb

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var nameForm = regexp.MustCompile(`^[a-zA-Z0-9_.-]+$`)

// checkName holds a table's or an index's name to the naming rules.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
func checkName(member, name string) error {
	const failed = "1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must "
	switch {
	case !nameForm.MatchString(name):
		return invalid(failed+"satisfy regular expression pattern: [a-zA-Z0-9_.-]+", name, member)
	case len(name) < 3:
		return invalid(failed+"have length greater than or equal to 3", name, member)
	case len(name) > 255:
		return invalid(failed+"have length less than or equal to 255", name, member)
	}
	return nil
}

// check says what DynamoDB has against a table. The words are those of DynamoDB's answers as they are quoted in public
// (aws-cloudformation/cfn-lint#1037, getmoto/moto#4428, architect/dynalite's tests, which run against DynamoDB).
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
func (d *definition) check() error {
	checks := []func() error{
		func() error { return checkName("tableName", d.TableName) },
		d.checkMembers, d.checkBilling, d.checkKeys, d.checkLocal, d.checkGlobal, d.checkUnused,
	}
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkMembers is what AWS's framework refuses before DynamoDB looks at the input.
func (d *definition) checkMembers() error {
	const failed = "1 validation error detected: Value %s at '%s' failed to satisfy constraint: Member must "
	if len(d.KeySchema) == 0 {
		return invalid(failed+"not be null", "null", "keySchema")
	}
	if d.BillingMode != "" && d.BillingMode != "PROVISIONED" && d.BillingMode != "PAY_PER_REQUEST" {
		return invalid(failed+"satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]", "'"+d.BillingMode+"'", "billingMode")
	}
	for i, a := range d.AttributeDefinitions {
		if !slices.Contains([]string{"B", "N", "S"}, a.AttributeType) {
			return invalid(failed+"satisfy enum value set: [B, N, S]", "'"+a.AttributeType+"'",
				fmt.Sprintf("attributeDefinitions.%d.member.attributeType", i+1))
		}
	}
	return nil
}

func (d *definition) onDemand() bool { return d.BillingMode == "PAY_PER_REQUEST" }

func (d *definition) checkBilling() error {
	if d.onDemand() && d.ProvisionedThroughput != nil {
		return wrong("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	}
	if !d.onDemand() && d.ProvisionedThroughput == nil {
		return wrong("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	}
	return d.ProvisionedThroughput.check("provisionedThroughput")
}

func (c *capacity) check(member string) error {
	if c == nil {
		return nil
	}
	const failed = "1 validation error detected: Value '%d' at '%s' failed to satisfy constraint: " +
		"Member must have value greater than or equal to 1"
	if c.ReadCapacityUnits < 1 {
		return invalid(failed, c.ReadCapacityUnits, member+".readCapacityUnits")
	}
	if c.WriteCapacityUnits < 1 {
		return invalid(failed, c.WriteCapacityUnits, member+".writeCapacityUnits")
	}
	return nil
}

func (d *definition) checkKeys() error {
	if len(d.KeySchema) > len(d.AttributeDefinitions) {
		return invalid("Invalid KeySchema: Some index key attribute have no definition")
	}
	return d.checkSchema(d.KeySchema)
}

// checkSchema holds the keys of a table or an index to the rules that both have.
func (d *definition) checkSchema(keys []key) error {
	defined := d.attributes()
	for _, name := range names(keys) {
		if !slices.Contains(defined, name) {
			return wrong("Some index key attributes are not defined in AttributeDefinitions. Keys: [%s], "+
				"AttributeDefinitions: [%s]", strings.Join(names(keys), ", "), strings.Join(defined, ", "))
		}
	}
	switch {
	case len(keys) == 0 || len(keys) > 2:
		return invalid("1 validation error detected: Value at 'keySchema' failed to satisfy constraint: " +
			"Member must have length less than or equal to 2")
	case len(keys) == 2 && keys[0].AttributeName == keys[1].AttributeName:
		return invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name")
	case keys[0].KeyType != "HASH":
		return invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	case len(keys) == 2 && keys[1].KeyType != "RANGE":
		return invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
	}
	return nil
}

func (d *definition) checkLocal() error {
	if len(d.LocalSecondaryIndexes) == 0 {
		return nil
	}
	if len(d.KeySchema) != 2 {
		return wrong("Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex")
	}
	if len(d.LocalSecondaryIndexes) > 5 {
		return wrong("Number of LocalSecondaryIndexes exceeds per-table limit of 5")
	}
	for i, index := range d.LocalSecondaryIndexes {
		member := fmt.Sprintf("localSecondaryIndexes.%d.member.indexName", i+1)
		if err := d.checkIndex(member, index.IndexName, index.KeySchema, index.Projection); err != nil {
			return err
		}
		if len(index.KeySchema) != 2 {
			return wrong("Index KeySchema does not have a range key for index: %s", index.IndexName)
		}
		if hash, own := index.KeySchema[0].AttributeName, d.KeySchema[0].AttributeName; hash != own {
			return wrong("Index KeySchema does not have the same leading hash key as table KeySchema for index: %s. "+
				"index hash key: %s, table hash key: %s", index.IndexName, hash, own)
		}
	}
	return nil
}

func (d *definition) checkGlobal() error {
	if len(d.GlobalSecondaryIndexes) > 20 {
		return wrong("GlobalSecondaryIndex count exceeds the per-table limit of 20")
	}
	for i, index := range d.GlobalSecondaryIndexes {
		member := fmt.Sprintf("globalSecondaryIndexes.%d.member", i+1)
		if err := d.checkIndex(member+".indexName", index.IndexName, index.KeySchema, index.Projection); err != nil {
			return err
		}
		if d.onDemand() && index.ProvisionedThroughput != nil {
			return wrong("ProvisionedThroughput should not be specified for index: %s when BillingMode is PAY_PER_REQUEST",
				index.IndexName)
		}
		if !d.onDemand() && index.ProvisionedThroughput == nil { // the words are unverified
			return wrong("ProvisionedThroughput must be specified for index: %s", index.IndexName)
		}
		if err := index.ProvisionedThroughput.check(member + ".provisionedThroughput"); err != nil {
			return err
		}
	}
	return d.checkDuplicates()
}

func (d *definition) checkIndex(member, name string, keys []key, p *projected) error {
	if err := checkName(member, name); err != nil {
		return err
	}
	if err := d.checkSchema(keys); err != nil {
		return err
	}
	if p == nil || p.ProjectionType == "" {
		return wrong("Unknown ProjectionType: null")
	}
	switch p.ProjectionType {
	case "ALL", "KEYS_ONLY":
		if len(p.NonKeyAttributes) > 0 {
			return wrong("ProjectionType is %s, but NonKeyAttributes is specified", p.ProjectionType)
		}
	case "INCLUDE":
		if len(p.NonKeyAttributes) == 0 {
			return wrong("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
		}
	default:
		return wrong("Unknown ProjectionType: %s", p.ProjectionType)
	}
	return nil
}

func (d *definition) checkDuplicates() error {
	seen := map[string]bool{}
	for _, name := range d.indexes() {
		if seen[name] {
			return wrong("Duplicate index name: %s", name)
		}
		seen[name] = true
	}
	return nil
}

// checkUnused refuses definitions that no key uses.
func (d *definition) checkUnused() error {
	var used []string
	schemas := [][]key{d.KeySchema}
	for _, index := range d.LocalSecondaryIndexes {
		schemas = append(schemas, index.KeySchema)
	}
	for _, index := range d.GlobalSecondaryIndexes {
		schemas = append(schemas, index.KeySchema)
	}
	for _, keys := range schemas {
		for _, name := range names(keys) {
			if !slices.Contains(used, name) {
				used = append(used, name)
			}
		}
	}
	defined := d.attributes()
	switch {
	case len(used) == len(defined):
		return nil
	case len(schemas) == 1:
		return wrong("Number of attributes in KeySchema does not exactly match number of attributes defined in " +
			"AttributeDefinitions")
	}
	return wrong("Some AttributeDefinitions are not used. AttributeDefinitions: [%s], keys used: [%s]",
		strings.Join(defined, ", "), strings.Join(used, ", "))
}

func (d *definition) attributes() []string {
	var names []string
	for _, a := range d.AttributeDefinitions {
		names = append(names, a.AttributeName)
	}
	return names
}

// indexes are the names of all of the table's indexes.
func (d *definition) indexes() []string {
	var names []string
	for _, index := range d.LocalSecondaryIndexes {
		names = append(names, index.IndexName)
	}
	for _, index := range d.GlobalSecondaryIndexes {
		names = append(names, index.IndexName)
	}
	return names
}

func names(keys []key) []string {
	var names []string
	for _, k := range keys {
		names = append(names, k.AttributeName)
	}
	return names
}
