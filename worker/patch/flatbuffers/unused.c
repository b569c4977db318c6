/* An empty library needs one source file. */
typedef int tureen_unused;
