/** The version under which the built-in transformations and predicates are listed. */
export const version = '0.1.0'
