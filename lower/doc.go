// Package lower makes programs of the model from the kernel's own C.
//
// A [Source] is the functions of a tree. Whenever a program that is written by hand comes to one of the functions in
// [entries], it is assembled from the tree instead, with all that it calls: calls are expanded in place. Each call
// is a function of the tree, a primitive of the model ([model.Primitives]), one that is dropped or stands for nothing
// that the model has (table.go), or a mistake that is told with its file and line. Nothing is guessed.
package lower
