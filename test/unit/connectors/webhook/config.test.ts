import { expect, test } from 'vitest'
import { webhookSink } from '../../../../src/connectors/webhook/sink.ts'
import { runSink, sinkRecord } from '../../../conformance/run-task.ts'
import { certificateAuthority } from '../../../support/certificates.ts'
import { startHttpEndpoint } from '../../../support/http-endpoint.ts'

const complaints = (props: Record<string, string>): string =>
  webhookSink.config
    .validate({ url: 'http://h/', ...props })
    .flatMap((value) => value.errors)
    .join()

test.each([
  ['ftp://h/', 'must be a URL starting with http:// or https://'],
  ['http://#{value.host}/', 'in its path and its query only'],
  ['http://h#{value.rest}', 'in its path and its query only'],
  ['http://h:#{value.port}/', 'must be a URL'],
  ['http://h/#there', 'must not have a fragment'],
  ['http://u:p@h/', 'must not hold a user or a password'],
  ['http://h/#{nothing}', 'names nothing of a record'],
])('refuses the url %s', (url, complaint) => {
  expect(complaints({ url })).toContain(complaint)
})

test.each([
  ['no colon', 'must be a list of "Name: value"'],
  ['Webhook-Id: x', 'must not hold Webhook-Id'],
  ['Content-Length: 3', 'must not hold Content-Length'],
  ['X-Of: \u{1F68C}', 'has a character in the value of X-Of'],
])('refuses the headers %s, without telling them', (headers, complaint) => {
  expect(complaints({ headers })).toContain(complaint)
  expect(complaints({ headers })).toContain('[hidden]')
})

test('a secret that is none is refused without being told', () => {
  const errors = complaints({ 'signing.secrets': 'whsec_dG9vIHNob3J0' })
  expect(errors).toContain('whsec_ followed by base64 of 24 to 64 bytes')
  expect(errors).not.toContain('dG9vIHNob3J0')
})

const authority = certificateAuthority()
const [server, client] = [authority.issue('server'), authority.issue('client')]
const withTls = {
  'ssl.truststore.certificates': authority.cert,
  'ssl.keystore.certificate.chain': client.cert,
  'ssl.keystore.key': client.key,
}

test('sends over TLS to an endpoint of a private authority that asks for a certificate', async () => {
  const { url, heard } = await startHttpEndpoint(undefined, {
    ...server,
    ca: authority.cert,
    requestCert: true,
    rejectUnauthorized: true,
  })
  expect(url).toContain('https:')
  const run = await runSink(webhookSink, { props: { topics: 't', url, ...withTls } })
  await run.put([sinkRecord(0, { n: 0 })])
  expect(heard).toHaveLength(1)
  const stranger = await runSink(webhookSink, { props: { topics: 't', url } })
  await expect(stranger.putOnce([sinkRecord(0, { n: 0 })])).rejects.toThrow(/certificate/)
  expect(heard).toHaveLength(1)
})

test.each([
  [{ 'ssl.keystore.key': client.key }, 'ssl.keystore.certificate.chain is missing'],
  [{ 'ssl.keystore.certificate.chain': client.cert }, 'ssl.keystore.key is missing'],
  [{ ...withTls, 'ssl.keystore.key': 'no key' }, 'ssl.keystore.key cannot be used'],
])('refuses a certificate and key that do not go together (%#)', (props, complaint) => {
  const options = webhookSink.config.parse({ url: 'https://h/', ...props })
  const found = webhookSink.check?.(options, props) ?? []
  expect(found.map(({ key, error }) => `${key} ${error}`).join()).toContain(complaint)
})
