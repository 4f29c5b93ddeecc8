import { expect, test } from 'vitest'
import { tlsFromProps } from '../../../src/security/index.ts'

test('no properties, no material: Node’s own trust and versions hold', async () => {
  expect(await tlsFromProps({})).toEqual({})
})

test('protocol versions and cipher suites are obeyed, Java’s names included', async () => {
  const warnings: string[] = []
  const material = await tlsFromProps(
    {
      'ssl.enabled.protocols': 'TLSv1.2',
      'ssl.cipher.suites':
        'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_RSA_WITH_AES_128_CBC_SHA, TLS_ECDH_anon_WITH_NULL_SHA',
      'ssl.provider': 'SunJSSE',
    },
    { warn: (message) => warnings.push(message) },
  )
  expect(material).toEqual({
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    ciphers: 'ECDHE-RSA-AES256-GCM-SHA384:AES128-SHA',
  })
  expect(warnings).toEqual([
    expect.stringContaining('TLS_ECDH_anon_WITH_NULL_SHA is not known'),
    expect.stringContaining('ssl.provider is not used'),
  ])
})

test('a prefix stands before every property, in what is read and in what is said', async () => {
  const error = await tlsFromProps(
    { 'listeners.https.ssl.keystore.location': '/nowhere' },
    { prefix: 'listeners.https.' },
  ).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    message: expect.stringMatching(/^listeners\.https\.ssl\.keystore\.location: \/nowhere/),
  })
})
