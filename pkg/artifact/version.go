package artifact

// Version is plldb's own version, in one place: it names the objects in the bucket, stands in the stack's outputs and is
// what `plldb version` prints.
const Version = "0.1.0"
