import type { Entry } from './entry.ts'
import { covers, isPattern } from './pattern.ts'

/** Which subscription a channel's messages belong to: the gate lets no two of one connection overlap. */
export interface Routes {
  /** The gate has answered it: messages of its channel are its own. */
  add(entry: Entry): void
  remove(entry: Entry): void
  find(channel: string): Entry | undefined
  clear(): void
}

/** How many concrete channels of patterns are remembered. */
const mostRemembered = 10_000

export function createRoutes(): Routes {
  const exact = new Map<string, Entry>()
  const patterns = new Set<Entry>()
  const remembered = new Map<string, Entry>()

  const search = (channel: string): Entry | undefined => {
    for (const entry of patterns) {
      if (!covers(entry.channel, channel)) continue
      if (remembered.size >= mostRemembered) remembered.clear()
      remembered.set(channel, entry)
      return entry
    }
    return undefined
  }

  return {
    add(entry) {
      entry.live = true
      exact.set(entry.channel, entry)
      if (isPattern(entry.channel)) patterns.add(entry)
    },
    remove(entry) {
      entry.live = false
      if (exact.get(entry.channel) === entry) exact.delete(entry.channel)
      if (patterns.delete(entry)) remembered.clear()
    },
    find: (channel) => exact.get(channel) ?? remembered.get(channel) ?? search(channel),
    clear() {
      for (const entry of exact.values()) entry.live = false
      exact.clear()
      patterns.clear()
      remembered.clear()
    },
  }
}
