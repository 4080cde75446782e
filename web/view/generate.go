package view

//go:generate go tool -modfile=../../tools.mod templ generate -path .
