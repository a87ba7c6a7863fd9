// Package cfront reads kernel C without its headers: a lexer, a preprocessor that decides conditionals by a
// configuration and expands what the file itself defines, and a tolerant parser that keeps the macros of headers as
// what they look like: calls, and calls with a body. It knows C as the kernel writes it, and nothing of any subsystem.
//
// [Parse] never panics and ends on any bytes, in time that is linear in their number. What it cannot read it says, with
// file and line, in [File.Problems]; inside a function such a statement is kept as a node of its own ([Bad]), so that
// whoever works on the tree can refuse it and nothing is left out in silence.
//
// What it does not do: follow #include (the names of the files are in [Preprocessed.Includes]), resolve types, or check
// that a program is valid. A name that is followed by "(" is a call, whatever a header makes of it.
package cfront
