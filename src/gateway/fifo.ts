/** A queue on one array: no object for each element, and elements can be looked at by place. */
export interface Fifo<T> {
  items: T[]
  head: number
}

export const createFifo = <T>(): Fifo<T> => ({ items: [], head: 0 })

export const fifoSize = (fifo: Fifo<unknown>): number => fifo.items.length - fifo.head

export const fifoFirst = <T>(fifo: Fifo<T>): T | undefined => fifo.items[fifo.head]

export function fifoShift<T>(fifo: Fifo<T>): T | undefined {
  const item = fifo.items[fifo.head]
  if (fifo.head < fifo.items.length) fifo.head++
  // What was shifted stays referenced until it is most of the array.
  if (fifo.head > 32 && fifo.head * 2 > fifo.items.length) {
    fifo.items = fifo.items.slice(fifo.head)
    fifo.head = 0
  }
  return item
}

/** The place of the first item that passes a test which once true stays true; the array's length when there is none. */
export function fifoFind<T>(fifo: Fifo<T>, test: (item: T) => boolean): number {
  let [low, high] = [fifo.head, fifo.items.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = fifo.items[middle]
    if (item !== undefined && test(item)) high = middle
    else low = middle + 1
  }
  return low
}
