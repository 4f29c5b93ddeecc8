import { expect, onTestFinished, test } from 'vitest'
import type { OffsetStore } from '../../src/storage/index.ts'

/** What every `OffsetStore` keeps to; `lasting`: a second one that is opened there finds what the first put. */
export function testOffsetStore(
  what: string,
  prepare: () => Promise<{ open(): Promise<OffsetStore> }>,
  { lasting = true } = {},
): void {
  async function begin() {
    const subject = await prepare()
    const open = async () => {
      const store = await subject.open()
      onTestFinished(() => store.close())
      return store
    }
    return { store: await open(), open }
  }

  test(`${what}: keeps the last offset of each partition of each connector`, async () => {
    const { store } = await begin()
    await store.put('a', [
      { partition: { uri: 'x' }, offset: { cursor: '1' } },
      { partition: { uri: 'y' }, offset: { cursor: '2' } },
    ])
    await store.put('a', [{ partition: { uri: 'x' }, offset: { cursor: '3' } }])
    await store.put('b', [{ partition: { uri: 'x' }, offset: { cursor: '4' } }])
    await store.put('b', [])
    expect(await store.get('a', { uri: 'x' })).toEqual({ cursor: '3' })
    expect(await store.get('c', { uri: 'x' })).toBeUndefined()
    expect(await store.list('c')).toEqual([])
    expect((await store.list('a')).toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))).toEqual([
      { partition: { uri: 'x' }, offset: { cursor: '3' } },
      { partition: { uri: 'y' }, offset: { cursor: '2' } },
    ])
    await store.put('a', [{ partition: { uri: 'x' }, offset: null }])
    expect(await store.get('a', { uri: 'x' })).toBeUndefined()
    expect(await store.list('a')).toHaveLength(1)
  })

  test(`${what}: gives values back as they were, wide integers and decimals too`, async () => {
    const { store, open } = await begin()
    const partition = { wide: 9_223_372_036_854_775_807n, flag: true, none: null, text: 'ß "\u0001\n' }
    const offset = { wide: -9_007_199_254_740_993n, n: 42, decimal: 0.1, empty: '', none: null, yes: false }
    await store.put('c', [{ partition, offset }])
    expect(await store.get('c', partition)).toEqual(offset)
    expect(await store.list('c')).toEqual([{ partition, offset }])
    const late = lasting ? await open() : store
    expect(await late.get('c', partition)).toEqual(offset)
  })

  if (!lasting) return
  test(`${what}: what was put is there after the process`, async () => {
    const { store, open } = await begin()
    await Promise.all([
      store.put('a', [{ partition: { p: 1 }, offset: { n: 1 } }]),
      store.put('a', [{ partition: { p: 2 }, offset: { n: 2 } }]),
      store.put('a', [{ partition: { p: 3 }, offset: { n: 3 } }]),
    ])
    await store.put('a', [{ partition: { p: 3 }, offset: null }])
    expect(await (await open()).list('a')).toHaveLength(2)
  })
}
