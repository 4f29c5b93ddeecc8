import type { Validator } from '#api'

/** The validator of a list in which no item may be empty or come twice (KIP-1161); what runs all the same drops the second. */
export const itemsNamed = (name: string, { empty }: { readonly empty: boolean }) =>
  Object.assign(
    (items: readonly string[]): string | undefined => {
      if (items.length === 0 && !empty) {
        return `Configuration '${name}' must not be empty. Valid values include: any non-empty value`
      }
      if (new Set(items).size < items.length) return `Configuration '${name}' values must not be duplicated.`
      return items.includes('') ? `Configuration '${name}' values must not be empty.` : undefined
    },
    { sentence: true, distinct: true, ...(!empty && { whenNull: `Configuration '${name}' values must not be null.` }) },
  )

/** A check that says something of a missing value too, as the one in Java that it stands for does. */
export const alsoOfNull = (whenNull: string, check: Validator = () => undefined): Validator =>
  Object.assign((value: never, name: string) => check(value, name), { whenNull })

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
