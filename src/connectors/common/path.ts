/** Reads one place inside a value; undefined when it is not there. */
export type Path = (value: unknown) => unknown

/** Compiles `vehicle.position.latitude` or `items.0.id`; the empty path is the value itself. Inherited members are not seen. */
export function compilePath(text: string): Path {
  const names = text === '' ? [] : text.split('.')
  return (value) => {
    let current = value
    for (const name of names) {
      if (typeof current !== 'object' || current === null || !Object.hasOwn(current, name)) return undefined
      current = (current as Record<string, unknown>)[name]
    }
    return current
  }
}
