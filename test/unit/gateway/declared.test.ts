import { expect, test } from 'vitest'
import type { GatewayPort } from '#api'
import { toNamespaces } from '../../../src/config/namespaces.ts'
import { joinPorts } from '../../../src/gateway/index.ts'
import { makeWorkerEnd } from '../../support/linked.ts'
import { validate } from '../runtime/plugins.ts'
import { fakeGate, manualClock } from './harness.ts'

const namespaces = toNamespaces({
  bus: {
    subscribe: 'anonymous',
    'window.max.bytes': 1000,
    'snapshot.max.bytes': 2000,
    deliveries: ['every', 'latest'],
  },
  report: { publish: 'anonymous' },
})
const { port: own } = fakeGate(manualClock(), { namespaces }).hub
const linked = () => makeWorkerEnd('worker', manualClock(), undefined, { namespaces })
/** By where the gates of the worker are. */
const gateways = {
  'in its process': own,
  linked: joinPorts([linked().port]),
  both: joinPorts([own, linked().port]),
}
const sink = {
  name: 'buses',
  'connector.class': 'WebSocketServerSink',
  topics: 't',
  channel: 'bus:#{value.id}',
  'window.max.bytes': '1000',
  'snapshot.max.bytes': '2000',
}
const source = {
  name: 'reports',
  'connector.class': 'WebSocketServerSource',
  topic: 't',
  channels: 'report:*',
}
const complaints = (props: Record<string, string>, gateway: GatewayPort): unknown =>
  Object.fromEntries(
    validate(props, { gateway }).keys.flatMap(({ name, errors }) => (errors.length > 0 ? [[name, errors]] : [])),
  )

test.each(Object.entries(gateways))(
  'gates %s: what lies within the bounds of its namespace is declared without a complaint',
  (_, gateway) => {
    expect(complaints(sink, gateway)).toEqual({})
    expect(complaints(source, gateway)).toEqual({})
  },
)

test.each(Object.entries(gateways))(
  'gates %s: a declaration beyond the bounds of its namespace is told before it runs, by property',
  (_, gateway) => {
    const wide = { ...sink, 'window.max.bytes': '1001', 'snapshot.max.bytes': '2001', delivery: 'batch' }
    expect(complaints(wide, gateway)).toEqual({
      'window.max.bytes': [
        'window.max.bytes is 1001, and the namespace bus allows 1000 (gateway.namespaces, window.max.bytes)',
      ],
      'snapshot.max.bytes': [
        'snapshot.max.bytes is 2001, and the namespace bus allows 2000 (gateway.namespaces, snapshot.max.bytes)',
      ],
      delivery: ['delivery is batch, and the namespace bus allows every, latest'],
    })
    const nowhere = (channel: string): string =>
      `the channel ${channel} lies in no namespace of the gateway; name one of bus, report first`
    expect(complaints({ ...sink, channel: 'bus:#{value.id}, tram:#{value.id}' }, gateway)).toEqual({
      channel: [nowhere('tram:#{value.id}')],
    })
    expect(complaints({ ...source, channels: 'tram:*' }, gateway)).toEqual({ channels: [nowhere('tram:*')] })
  },
)

test('without a gateway at hand nothing is said of its bounds', () => {
  expect(validate({ ...sink, channel: 'tram:#{value.id}' }).keys.flatMap(({ errors }) => errors)).toEqual([])
})
