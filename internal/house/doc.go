// Package house tests the repository itself: that packages import only what lies below them, say what they are for, stay readable in size, and
// that nothing of the machine they were written on got in. It has tests and nothing else.
package house
