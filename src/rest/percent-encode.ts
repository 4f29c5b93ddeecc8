/** `encodeURIComponent` that does not throw on half a surrogate pair, which JSON can carry and UTF-8 cannot. */
export const percentEncode = (text: string): string => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD'))
