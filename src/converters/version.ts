/** The version under which the built-in converters are listed. */
export const version = '0.1.0'
