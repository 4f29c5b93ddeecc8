import type { Page } from 'playwright-core'

/** What the page of the worked example shows to a test (`examples/buses/README.md`). */
export interface BusesPage {
  /** The attributes `data-…` of `<html>`. */
  shown(): Promise<Shown>
  log(): Promise<Log>
  figures(): Promise<Figures>
  /** The ids of the buses on the map. */
  onMap(): Promise<readonly string[]>
  onScreen(): Promise<readonly OnScreen[]>
  /** The box that the gate sends of, when it is the one that is seen. */
  box(): Promise<Box | undefined>
  messagesSince(at: number): Promise<Log['entries']>
  text(selector: string): Promise<string>
}

export interface Shown {
  readonly state: string
  readonly view: string
  readonly buses: string
  readonly stale: string
  readonly recovered: string
}

/** `window.tidegateLog`. */
export interface Log {
  readonly dropped: number
  readonly entries: readonly {
    readonly kind: 'message' | 'snapshot' | 'deleted' | 'gone'
    readonly channel: string
    readonly id: string
    readonly lat?: number
    readonly long?: number
    readonly position?: string
    readonly at: number
  }[]
  readonly subscribed: readonly { readonly channel: string; readonly recovered: boolean | null }[]
}

export interface Figures {
  readonly messagesPerSecond?: number
  readonly p50?: number
  readonly p99?: number
  readonly feedMessageBytes?: number
  readonly receivedBytesPerSecond?: number
  /** Since the page was opened. */
  readonly receivedBytes?: number
}

/** Least and greatest latitude, least and greatest longitude. */
export type Box = readonly [number, number, number, number]

export interface OnScreen {
  readonly id: string
  readonly x: number
  readonly y: number
}

export function readBusesPage(page: Page): BusesPage {
  const log = () => page.evaluate<Log>('tidegateLog')
  return {
    log,
    shown: () => page.evaluate<Shown>('({ ...document.documentElement.dataset })'),
    figures: () => page.evaluate<Figures>('tidegatePage.figures()'),
    onMap: () => page.evaluate<string[]>('tidegatePage.buses().map(({ id }) => id)'),
    onScreen: () => page.evaluate<OnScreen[]>('tidegatePage.onScreen()'),
    box: () => page.evaluate<Box | undefined>('tidegatePage.box()'),
    messagesSince: async (at) => (await log()).entries.filter((entry) => entry.kind === 'message' && entry.at > at),
    text: (selector) => page.locator(selector).innerText(),
  }
}
