/** The validator of a list in which no item may be empty (KIP-1161); `createSet` drops what stands there twice. */
export const itemsNamed =
  (name: string, { empty }: { readonly empty: boolean }) =>
  (items: readonly string[]): string | undefined => {
    if (items.length === 0 && !empty) {
      return `Configuration '${name}' must not be empty. Valid values include: any non-empty value`
    }
    return items.includes('') ? `Configuration '${name}' values must not be empty.` : undefined
  }

/** Parts at colons; as Java splits, empty ones at the end do not count. */
export function splitAtColons(text: string): readonly string[] {
  const parts = text.split(':')
  while (parts.length > 1 && parts.at(-1) === '') parts.pop()
  return parts
}

/** Java's message of a list that needs items. */
export const notEmptyList = (items: readonly string[]): string | undefined =>
  items.length === 0 ? 'Empty list' : undefined

/** Java's message of a text that must not be empty. */
export const notEmptyText = (text: string): string | undefined => (text === '' ? 'String must be non-empty' : undefined)
