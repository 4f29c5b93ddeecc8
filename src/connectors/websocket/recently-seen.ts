/** Things by name, of which the least recently asked for is forgotten first. */
export interface RecentlySeen<T> {
  get(name: string): T | undefined
  /** Made when it is not known. */
  recall(name: string, make: () => T): T
  delete(name: string): void
}

/** Keeps `max` of them, and beyond that those that `isNeeded`. */
export function createRecentlySeen<T>(max: number, isNeeded: (thing: T) => boolean): RecentlySeen<T> {
  const things = new Map<string, T>()

  const forgetOne = (but: string): void => {
    for (const [name, thing] of things) {
      if (name === but || isNeeded(thing)) continue
      things.delete(name)
      return
    }
  }
  const touch = (name: string, thing: T): T => {
    things.delete(name)
    things.set(name, thing)
    return thing
  }

  return {
    get(name) {
      const thing = things.get(name)
      return thing === undefined ? undefined : touch(name, thing)
    },
    recall(name, make) {
      const thing = touch(name, things.get(name) ?? make())
      if (things.size > max) forgetOne(name)
      return thing
    },
    delete: (name) => void things.delete(name),
  }
}
