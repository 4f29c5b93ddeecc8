/** One client for all who ask. Connects when first asked; one whose connection failed at birth is made anew for the next. */
export interface SharedClient<C> {
  use<T>(work: (client: C) => Promise<T>): Promise<T>
  close(): Promise<void>
}

interface Held<C> {
  readonly client: Promise<C>
  users: number
  isEnded: boolean
}

/**
 * kafkajs asks for the metadata of every topic that a client was ever asked about, and one that was deleted since fails them all. So when a
 * topic is unknown the client is replaced and the work tried once more; others finish with the old one before it is disconnected.
 */
export function shareClient<C extends { disconnect(): Promise<void> }>(connect: () => Promise<C>): SharedClient<C> {
  let held: Held<C> | undefined

  async function end(gone: Held<C>): Promise<void> {
    if (gone.isEnded) return
    gone.isEnded = true
    const [client] = await Promise.allSettled([gone.client])
    if (client.status === 'fulfilled') await client.value.disconnect()
  }

  async function attempt<T>(work: (client: C) => Promise<T>, mayReplace: boolean): Promise<T> {
    const mine = held ?? { client: connect(), users: 0, isEnded: false }
    held = mine
    mine.users++
    let isBorn = false
    try {
      const client = await mine.client
      isBorn = true
      return await work(client)
    } catch (error) {
      const isSpoilt = !isBorn || (mayReplace && isUnknownTopic(error))
      if (isSpoilt && held === mine) held = undefined
      throw error
    } finally {
      mine.users--
      if (held !== mine && mine.users === 0) await end(mine)
    }
  }

  return {
    async use(work) {
      try {
        return await attempt(work, true)
      } catch (error) {
        if (!isUnknownTopic(error)) throw error
        return attempt(work, false)
      }
    },
    async close() {
      const last = held
      held = undefined
      if (last) await end(last)
    },
  }
}

const unknown = 'UNKNOWN_TOPIC_OR_PARTITION'

/** Also as the cause of kafkajs's word that it has tried often enough. */
function isUnknownTopic(error: unknown): boolean {
  let each = error
  for (let depth = 0; depth < 10 && each instanceof Error; depth++) {
    if ('type' in each && each.type === unknown) return true
    each = each.cause
  }
  return false
}
