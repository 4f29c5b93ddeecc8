// The report form, with what became of each report, and everybody's reports as a list and as pins.

import { byId, write } from './dom.js'

const most = 60
/** Milliseconds for which a report has a pin. */
const pinned = 15 * 60_000

const kinds = {
  crowded: { name: 'crowded', colour: '#f3b961' },
  late: { name: 'late', colour: '#ff8177' },
  early: { name: 'early', colour: '#8fc7ff' },
  broken_door: { name: 'broken door', colour: '#ff6f9f' },
  clean: { name: 'clean', colour: '#5ad1c2' },
  kind_driver: { name: 'kind driver', colour: '#b7e07a' },
  other: { name: 'other', colour: '#b6a8ff' },
}
const kindOf = (kind) => kinds[kind] ?? kinds.other

/** What a client that is out of date might send. */
const faults = [{ crowding: 'packed' }, { kind: 'on_fire' }, { mood: 'grumpy' }]

const newId = () =>
  [...crypto.getRandomValues(new Uint8Array(9))].map((byte) => byte.toString(16).padStart(2, '0')).join('')

/** @param {{ client: any, buses: any }} parts */
export function createReports({ client, buses }) {
  /** Newest last. @type {Map<string, any>} */
  const known = new Map()
  let wrong = 0
  const form = byId('report')
  const answer = byId('report-answer')
  const list = byId('reports')

  function add(report, now) {
    if (typeof report?.reportId !== 'string') return
    known.set(report.reportId, { ...report, at: now })
    if (known.size > most) known.delete(known.keys().next().value)
    show()
  }

  function show() {
    write(byId('report-count'), known.size > 0 ? String(known.size) : '')
    list.replaceChildren(...[...known.values()].toReversed().map(toItem))
    if (known.size === 0)
      list.append(Object.assign(document.createElement('li'), { className: 'quiet', textContent: 'None yet.' }))
  }

  async function send(fault) {
    const fields = new FormData(form)
    const vehicleId = byId('report-vehicle').value.trim()
    const bus = buses.get(vehicleId)
    const report = {
      reportId: newId(),
      vehicleId,
      kind: fields.get('kind'),
      crowding: Number(fields.get('crowding')),
      text: byId('report-text').value.trim(),
      ...(bus ? { lat: bus.lat, long: bus.long } : {}),
      reportedAt: Date.now(),
      ...fault,
    }
    tell('sending', ['Sending …'])
    const start = performance.now()
    try {
      await client.publish(`report:${encodeURIComponent(vehicleId)}`, report)
      tell('acknowledged', [
        bold('Acknowledged'),
        `: in Kafka after ${Math.max(1, Math.round(performance.now() - start))} ms.`,
      ])
      byId('report-text').value = ''
    } catch (error) {
      const field = error.field ? [' · field ', code(error.field)] : []
      const again = error.retryable ? ' Try again in a moment.' : ''
      tell(
        'refused',
        [
          bold(error.retryable ? 'Not sent' : 'Refused'),
          ...field,
          ` · ${error.message}${again} `,
          code(error.code ?? 'error'),
        ],
        error,
      )
    }
  }

  function tell(outcome, parts, error) {
    answer.dataset.outcome = outcome
    answer.dataset.field = error?.field ?? ''
    answer.dataset.code = error?.code ?? ''
    answer.replaceChildren(...parts)
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void send({})
  })
  byId('report-wrong').addEventListener('click', () => {
    if (form.reportValidity()) void send(faults[wrong++ % faults.length])
  })
  byId('report-crowding').addEventListener('input', (event) => write(byId('crowding-text'), event.target.value))

  client.subscribe('reports', {
    snapshot: true,
    onSnapshot(items) {
      known.clear()
      const old = performance.now() - 10_000
      for (const { data } of items.toSorted((a, b) => a.data.reportedAt - b.data.reportedAt)) add(data, old)
      show()
    },
    onMessage({ key, data, deleted }) {
      if (deleted) {
        known.delete(key)
        show()
      } else add(data, performance.now())
    },
    onError: (error) => console.warn('no reports:', error.message),
  })

  return {
    pins: () => {
      const since = Date.now() - pinned
      return [...known.values()]
        .filter(
          ({ lat, long, reportedAt }) => typeof lat === 'number' && typeof long === 'number' && reportedAt > since,
        )
        .map(({ lat, long, kind, at }) => ({ lat, long, at, colour: kindOf(kind).colour }))
    },
    /** Called now and then: ages change by themselves. */
    refreshAges() {
      for (const time of list.querySelectorAll('time')) write(time, ageOf(Number(time.dataset.at)))
    },
  }
}

function toItem({ reportId, vehicleId, kind, crowding, text, reportedAt }) {
  const item = document.createElement('li')
  item.dataset.report = reportId
  const dot = document.createElement('i')
  dot.style.setProperty('--kind', kindOf(kind).colour)
  const title = document.createElement('span')
  title.append(bold(vehicleId), ` ${kindOf(kind).name}${typeof crowding === 'number' ? ` · ${crowding}/5` : ''}`)
  const time = document.createElement('time')
  time.dataset.at = String(reportedAt)
  time.textContent = ageOf(reportedAt)
  item.append(dot, title, time)
  if (text) item.append(Object.assign(document.createElement('span'), { className: 'said', textContent: text }))
  return item
}

function ageOf(at) {
  const seconds = Math.max(0, Math.round((Date.now() - at) / 1000))
  if (seconds < 5) return 'now'
  if (seconds < 60) return `${seconds} s`
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`
}

const bold = (text) => Object.assign(document.createElement('b'), { textContent: text })
const code = (text) => Object.assign(document.createElement('code'), { textContent: text })
