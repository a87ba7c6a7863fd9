// Package drift tells which functions of a kernel tree are not those that an edition of the model was made from, and so
// which verdicts carry over to the tree.
//
// An edition's [Reference] holds hashes of what it was made from, and no text. Of each function there are three, each
// of which overlooks more than the one before it:
//
//   - words: all tokens under the configuration, the file's own macros expanded. Comments and white space do not count.
//   - tree: the syntax. Braces and parentheses that change nothing, attributes and qualifiers, the texts of strings,
//     how a
//     number is written, declarations without a value, and the names of parameters, variables and labels do not count.
//   - code: what can change a schedule. Calls that only print, trace or tell lockdep, and calls of functions of the
//     unit
//     that do nothing else, do not count either.
//
// A function whose code is the same is the same to the model. What a header or another file makes of a name is not
// looked at, except enum cpuhp_state.
package drift
