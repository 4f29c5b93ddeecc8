/** What has come and waits for handlers, of all subscriptions together. */
export interface Backlog {
  readonly bytes: number
  add(bytes: number): void
  remove(bytes: number): void
  /** Calls back once, when less than `bytes` waits. */
  whenBelow(bytes: number, callback: () => void): void
}

export function createBacklog(): Backlog {
  let waiting = 0
  let awaited: { readonly bytes: number; readonly callback: () => void } | undefined
  return {
    get bytes() {
      return waiting
    },
    add(bytes) {
      waiting += bytes
    },
    remove(bytes) {
      waiting -= bytes
      if (!awaited || waiting >= awaited.bytes) return
      const { callback } = awaited
      awaited = undefined
      callback()
    },
    whenBelow(bytes, callback) {
      awaited = { bytes, callback }
    },
  }
}
