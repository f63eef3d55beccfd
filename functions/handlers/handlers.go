// Package handlers is what plldb's Lambda functions do, apart from how Lambda starts them, so that something other than Lambda
// can run them too. Each is a package of its own: a change of one changes no byte of the others, and deploys that one alone.
package handlers
