import { messageOf } from '#api'
import { findCentrifugo } from '../centrifugo.ts'
import type { Bench, Findings, Row } from '../figures.ts'
import { arrivals } from '../gate/arrivals.ts'
import { curve } from '../gate/curve.ts'
import { scenes, steady } from '../gate/steady.ts'
import { terms } from '../gate/terms.ts'

/** The whole way from a topic to clients, in a worker of its own. */
export async function gate(bench: Bench): Promise<Findings> {
  const found = await findCentrifugo(bench.progress)
  const centrifugo = typeof found === 'string' ? found : ''
  const notes = [
    'Gate: JSON records of Kafka at a steady pace; a worker beside a loop that frames once, a tutorial’s server (both one channel only) and Centrifugo, which gets the same JSON in its own commands from a topic of its own. CPU of all processes of the server. The age of a message is from before its send to Kafka until the client has it.',
  ]
  if (typeof found !== 'string') notes.push(`Centrifugo: not run, since ${found.why}.`)
  const rows: Row[] = []
  const parts = [
    ...scenes.map((scene) => () => steady(bench, centrifugo, scene)),
    ...[curve, terms, arrivals].map((part) => () => part(bench, centrifugo)),
  ]
  for (const part of parts) {
    try {
      const told = await part()
      rows.push(...told.rows)
      notes.push(...told.notes)
    } catch (error) {
      // What else was measured in these minutes is not lost.
      notes.push(`Gate: a part was not measured: ${messageOf(error)}`)
      process.exitCode = 1
    }
  }
  return { rows, notes }
}
