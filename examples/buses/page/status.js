// What the page says about its own connection: the pill, the banner, and the attributes of <html> that tests read.

import { byId, write } from './dom.js'

/** Silence (ms) after which the page says that nothing comes. */
const silence = 3000
const goodNews = 6000

/** @param {{ log: any }} parts */
export function createStatus({ log }) {
  const page = document.documentElement
  const banner = byId('banner')
  let state = /** @type {any} */ ({ state: 'connecting', attempt: 0 })
  let stateAt = performance.now()
  let lostAt
  let frameAt = performance.now()
  let kafkaSince
  let good = { text: '', until: 0 }

  const words = {
    connecting: () => 'connecting',
    connected: (silent) => (kafkaSince !== undefined ? 'Kafka is away' : silent ? 'silent' : 'live'),
    waiting: () => 'connection lost',
    closed: () => 'closed',
  }

  function trouble(now) {
    const silent = Math.floor((now - frameAt) / 1000)
    const since = now - frameAt >= silence ? `No frame for ${silent} s. ` : ''
    if (state.state === 'closed')
      return { kind: 'bad', text: `The gate closed this connection for good: ${state.reason || state.code}.` }
    if (state.state === 'waiting') {
      const left = Math.max(0, (state.retryInMs - (now - stateAt)) / 1000)
      return {
        kind: 'warn',
        text: `${since}The connection is lost; trying again in ${left.toFixed(left < 1 ? 1 : 0)} s.`,
      }
    }
    if (state.state === 'connecting' && (since || lostAt !== undefined))
      return { kind: 'warn', text: `${since}Connecting …` }
    if (kafkaSince !== undefined)
      return { kind: 'warn', text: `${since}Kafka is away; the map shows what was known before.` }
    if (since) {
      const one = page.dataset.view?.startsWith('bus:') ? 'This bus may have stopped reporting.' : 'The gate is silent.'
      return { kind: 'warn', text: since + one }
    }
    return now < good.until ? { kind: 'good', text: good.text } : undefined
  }

  return {
    onFrame() {
      frameAt = performance.now()
    },
    onState(next) {
      const now = performance.now()
      if (state.state === 'connected' && next.state !== 'connected') lostAt = now
      state = next
      stateAt = now
      page.dataset.state = next.state
      log.state({ state: next.state, at: Date.now() })
    },
    onNotice({ code }) {
      if (code === 'stale') kafkaSince = performance.now()
      if (code === 'fresh') kafkaSince = undefined
    },
    onSubscribed({ recovered, reason }) {
      page.dataset.recovered = String(recovered)
      const now = performance.now()
      const away = lostAt === undefined ? undefined : `${Math.max(1, Math.round((now - lostAt) / 1000))} s`
      if (recovered === true) {
        write(byId('recovery'), away ? `resumed after ${away}` : 'resumed')
        good = { text: `Back${away ? ` after ${away}` : ''}: nothing lost, nothing twice.`, until: now + goodNews }
      } else if (recovered === false) {
        write(byId('recovery'), `renewed: ${reason ?? 'no reason given'}`)
        good = { text: `Back with a new snapshot (${reason ?? 'not recovered'}).`, until: now + goodNews }
      } else write(byId('recovery'), '')
      lostAt = undefined
    },
    show() {
      const now = performance.now()
      const silent = now - frameAt >= silence
      write(byId('state'), words[state.state](silent))
      page.dataset.stale = String(silent)
      page.dataset.upstream = kafkaSince === undefined ? 'fresh' : 'stale'
      const said = trouble(now)
      banner.hidden = said === undefined
      if (!said) return
      banner.dataset.kind = said.kind
      write(banner, said.text)
    },
  }
}
