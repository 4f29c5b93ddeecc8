import { defineSink } from '#api'
import { batchSink } from '../common/batch-sink.ts'
import { publicAddress } from '../common/http-words.ts'
import { webhookConfig } from './config.ts'
import { createEndpoint } from './endpoint.ts'
import { sendInLanes } from './lanes.ts'
import { compileOutgoing, cutIntoRequests, requestOf, type WebhookMessage } from './outgoing.ts'
import { tlsComplaints } from './tls.ts'

/** Pushes records to an HTTP endpoint. */
export const webhookSink = defineSink({
  name: 'WebhookSink',
  version: '1.0.0',
  doc: [
    'Sends the records of Kafka topics to an HTTP endpoint, at least once and in order for each key.',
    '`webhook-id` and `Idempotency-Key` are `<topic>-<partition>-<offset>` of the record (a full stop in the topic is `~`), with `~<n>` for the parts of a split one: they are the same whenever it is sent again, so the endpoint can tell repeats. The id of an array names its messages together; after a restart they may come in other arrays, so who takes arrays looks at ids within the messages (`message={"id":#{id},…}`).',
    '2xx takes a message. 408, 425, 429, 5xx and a connection that fails are tried again until it is taken, after `Retry-After` when the endpoint says so; meanwhile its lane waits, and records wait in Kafka. Any other status refuses the message, 3xx (redirections are not followed) and 410 included: the record goes to the dead letter queue or, with `errors.tolerance=none`, the task fails and nothing more is sent.',
  ].join(' '),
  config: webhookConfig,
  check: tlsComplaints,

  preview: (options, records) =>
    records.map(compileOutgoing(options)).map(({ url, text }) => ({ channel: url, message: text })),

  startTask(context) {
    const { config: options, clock, props } = context
    const endpoint = createEndpoint(context)
    const isArray = options['batch.max.records'] > 1
    const sink = batchSink<WebhookMessage>({
      context,
      endpoint: publicAddress(options.url),
      compile: compileOutgoing(options),
      async send(messages) {
        await endpoint.ready()
        const deadline = clock.now() + options['batch.timeout.ms']
        return sendInLanes(messages, {
          laneOf: ({ lane }) => lane,
          cut: (lane) => cutIntoRequests(lane, options),
          send: (group) => endpoint.send(requestOf(group, isArray)),
          // The task fails then: what is sent beyond the refused record would go again after it.
          stopsAtRefusal: props['errors.tolerance'] !== 'all',
          isLate: () => clock.now() >= deadline,
        })
      },
    })
    return { put: sink.put, stop: endpoint.stop }
  },
})
