import type { Backlog } from './backlog.ts'

interface Framed {
  readonly type: string
}

/** What goes through a lane: something to work on, or a call in its turn. */
export type Work<T extends Framed> = T | (() => Promise<void> | undefined)

/** One thing after the other: who returns a promise is waited for, everything behind it waits. */
export interface Lane<T extends Framed> {
  /** Done at once when nothing is under way. */
  put(work: Work<T>, bytes?: number): void
  /** Forgets of what waits that for which `isVoid` says so. */
  drop(isVoid: (work: Work<T>) => boolean): void
  readonly isBusy: boolean
}

interface Waiting<T extends Framed> {
  readonly work: Work<T>
  readonly bytes: number
}

/** `work` never throws and never rejects. */
export function createLane<T extends Framed>(
  backlog: Backlog,
  handle: (item: T) => Promise<void> | undefined,
): Lane<T> {
  let waiting: Waiting<T>[] = []
  let head = 0
  let isBusy = false

  const start = (work: Work<T>): void => {
    isBusy = true
    const pending = typeof work === 'function' ? work() : handle(work)
    if (pending) void pending.then(goOn)
    else isBusy = false
  }

  function goOn(): void {
    isBusy = false
    for (let next = waiting[head]; next && !isBusy; next = waiting[head]) {
      head++
      backlog.remove(next.bytes)
      start(next.work)
    }
    if (head < waiting.length / 2) return
    waiting = waiting.slice(head)
    head = 0
  }

  return {
    put(work, bytes = 0) {
      if (isBusy) {
        waiting.push({ work, bytes })
        backlog.add(bytes)
      } else {
        start(work)
        // A handler may have put something here.
        if (!isBusy && waiting.length > 0) goOn()
      }
    },
    drop(isVoid) {
      const left = waiting.slice(head)
      waiting = left.filter(({ work }) => !isVoid(work))
      head = 0
      for (const { work, bytes } of left) if (isVoid(work)) backlog.remove(bytes)
    },
    get isBusy() {
      return isBusy
    },
  }
}
