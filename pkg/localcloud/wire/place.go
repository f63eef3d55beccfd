package wire

// Place is where AWS keeps a thing: an account, and a region of a partition. A thing of a global service has no region.
type Place struct{ Account, Region, Partition string }

// Place is where a call's things are.
func (c *Call) Place() Place { return Place{c.Account, c.Region, c.Partition()} }

// Global is the place without its region.
func (p Place) Global() Place { return Place{Account: p.Account, Partition: p.Partition} }

// At is the key of a thing of a region, by its name or path: "123456789012/eu-west-1/name". The partition is not in it:
// a region belongs to one.
func (p Place) At(name string) string { return p.Account + "/" + p.Region + "/" + name }

// ARN is the name of a resource of a place.
func (p Place) ARN(service, resource string) string {
	return "arn:" + p.Partition + ":" + service + ":" + p.Region + ":" + p.Account + ":" + resource
}
