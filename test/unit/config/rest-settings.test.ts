import { expect, test } from 'vitest'
import { readRestSettings } from '../../../src/config/index.ts'

const standard = { host: '127.0.0.1', port: 8083 }
const read = (props: Record<string, string>) => readRestSettings(props, standard)
const http = (host: string, port: number) => ({ protocol: 'http', host, port })

test('listens where the settings say, for everybody, when no property says otherwise', () => {
  const settings = { listeners: [http('127.0.0.1', 8083)], advertised: {} }
  expect(read({})).toEqual(settings)
  expect(read({ listeners: ' ', 'access.control.allow.origin': '', 'rest.extension.classes': '' })).toEqual(settings)
})

test('reads several listeners, on the loopback address where they name none', () => {
  const { listeners } = read({ listeners: 'http://:8083, HTTP://0.0.0.0:0,http://[::1]:81 ,http://a-b.example:9' })
  expect(listeners).toEqual([http('127.0.0.1', 8083), http('0.0.0.0', 0), http('::1', 81), http('a-b.example', 9)])
})

test('tells admin listeners that are absent from none', () => {
  expect(read({})).not.toHaveProperty('adminListeners')
  expect(read({ 'admin.listeners': '' })).toMatchObject({ adminListeners: [] })
  expect(read({ 'admin.listeners': 'http://:9' })).toMatchObject({ adminListeners: [http('127.0.0.1', 9)] })
})

test('takes TLS from the prefix of the listeners, or from no prefix', () => {
  const listeners = { listeners: 'https://:1,http://:2', 'admin.listeners': 'https://:3' }
  expect(read({ ...listeners, 'ssl.client.auth': 'required' })).toMatchObject({
    tls: { prefix: '', clientAuth: 'required' },
    adminTls: { prefix: '', clientAuth: 'required' },
  })
  const own = { 'listeners.https.ssl.keystore.location': 'x', 'ssl.client.auth': 'required' }
  expect(read({ ...listeners, ...own })).toMatchObject({ tls: { prefix: 'listeners.https.', clientAuth: 'none' } })
  expect(read({ ...listeners, 'admin.listeners.https.ssl.client.auth': 'requested' })).toMatchObject({
    tls: { prefix: '' },
    adminTls: { prefix: 'admin.listeners.https.', clientAuth: 'requested' },
  })
  expect(read({ 'ssl.client.auth': 'nonsense' })).not.toHaveProperty('tls')
})

test('reads origins, methods and headers', () => {
  const settings = read({
    'access.control.allow.origin': 'http://a.example , *',
    'access.control.allow.methods': 'GET,PUT',
    'response.http.headers.config':
      'add Cache-Control: no-cache, "set  X-Multi:a, \\"b\\"",setDate Expires:31540000000, add Location: http://x:1',
  })
  expect(settings.cors).toEqual({ origins: ['http://a.example', '*'], methods: ['GET', 'PUT'] })
  expect(settings.responseHeaders).toEqual([
    { action: 'add', name: 'Cache-Control', value: 'no-cache' },
    { action: 'set', name: 'X-Multi', value: 'a, "b"' },
    { action: 'setDate', name: 'Expires', value: '31540000000' },
    { action: 'add', name: 'Location', value: 'http://x:1' },
  ])
})

test('reads how others reach the worker', () => {
  const { advertised } = read({
    listeners: 'http://:1,https://:2',
    'rest.advertised.host.name': 'worker.example',
    'rest.advertised.port': '443',
    'rest.advertised.listener': 'HTTPS',
  })
  expect(advertised).toEqual({ host: 'worker.example', port: 443, protocol: 'https' })
})

test.each(['[::1]', '::1', 'my_worker.example', '10.0.0.1'])('others may reach the worker as %s', (host) => {
  expect(read({ 'rest.advertised.host.name': host }).advertised).toEqual({ host: host.replace(/[[\]]/g, '') })
})

test('listeners that do not meet may have one port', () => {
  for (const listeners of ['http://127.0.0.1:1,http://[::1]:1', 'http://a:1,http://b:1', 'http://:0,http://:0'])
    expect(read({ listeners }).listeners).toHaveLength(2)
})

const extension = 'org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension'

test.each([extension, 'BasicAuthSecurityRestExtension'])('%s asks for users, whose file is known', (name) => {
  const classes = { 'rest.extension.classes': name }
  expect(read({ ...classes, 'rest.basic.auth.file': 'users', 'rest.jaas.file': 'jaas' }).users).toEqual({
    file: 'users',
  })
  expect(() => read(classes)).toThrow('set rest.basic.auth.file to a file')
})

test('a file of users is no use to somebody who wants everybody in', () => {
  expect(read({ 'rest.jaas.file': 'jaas' }).users).toEqual({ jaasFile: 'jaas' })
})

test.each(['org.example.Mine', `${extension}, org.example.Mine`, 'org.example.BasicAuthSecurityRestExtension'])(
  'does not start without the extension %s, which may keep people out',
  (classes) => {
    expect(() => read({ 'rest.extension.classes': classes, 'rest.basic.auth.file': 'users' })).toThrow(
      /^Invalid value org\.example\.\w+ for configuration rest\.extension\.classes: it is a Java class/,
    )
  },
)

test.each<[Record<string, string>, string]>([
  [{ listeners: 'ftp://:1' }, 'Invalid value ftp://:1 for configuration listeners: expected http://host:port'],
  [{ listeners: 'http://:1/x' }, 'Invalid value http://:1/x for configuration listeners'],
  [{ listeners: 'http://:99999' }, 'Invalid value http://:99999'],
  [{ 'admin.listeners': 'here' }, 'Invalid value here for configuration admin.listeners'],
  [{ listeners: 'http://:8083', 'admin.listeners': 'http://:8083' }, '127.0.0.1:8083 is more than once'],
  [{ listeners: ',' }, 'Invalid value , for configuration listeners: it has no listener'],
  [{ 'admin.listeners': ' , ' }, 'Invalid value , for configuration admin.listeners: it has no listener'],
  [{ listeners: 'http://localhost' }, 'it has no port; write http://localhost:8083, if'],
  [{ listeners: 'http://a:8083/' }, 'a listener has no path, and no slash at its end'],
  [{ listeners: 'http://[1::2::3]:8083' }, '1::2::3 is no IPv6 address'],
  [{ listeners: 'http://[::1:8083' }, 'expected http://host:port'],
  [
    { listeners: 'http://0.0.0.0:8083,http://127.0.0.1:8083' },
    '0.0.0.0:8083 and 127.0.0.1:8083 are both in listeners and admin.listeners, and the one holds the other',
  ],
  [{ listeners: 'http://a:1,http://[0::0]:1' }, 'a:1 and [0::0]:1 are both'],
  [{ listeners: 'http://[::1]:1,https://[0:0::1]:1' }, '[::1]:1 and [0:0::1]:1 are both'],
  [{ listeners: 'http://Localhost:1', 'admin.listeners': 'http://localhost:1' }, 'localhost:1 are both'],
  [{ 'rest.advertised.host.name': 'http://a' }, 'Invalid value http://a for configuration rest.advertised.host.name'],
  [{ 'rest.advertised.host.name': 'a:1' }, 'expected a host name or an IP address, without a port'],
  [{ 'rest.advertised.host.name': 'a b' }, 'Invalid value a b for configuration rest.advertised.host.name'],
  [{ 'access.control.allow.origin': 'http://a.example/' }, '"http://a.example/" is no origin'],
  [{ 'access.control.allow.origin': '.*' }, 'for configuration access.control.allow.origin: ".*" is no origin'],
  [{ 'access.control.allow.origin': '*', 'access.control.allow.methods': 'GET PUT' }, '"GET PUT" is no method'],
  [{ 'response.http.headers.config': 'set Content-Length:1' }, "The header 'Content-Length' is set by the server"],
  [{ 'response.http.headers.config': 'add transfer-encoding: x' }, "The header 'transfer-encoding' is set by"],
  [{ 'response.http.headers.config': 'set Connection: close' }, "The header 'Connection' is set by the server"],
  [{ listeners: 'https://:1', 'ssl.client.auth': 'want' }, 'must be one of: none, requested, required'],
  [{ 'rest.advertised.listener': 'https' }, 'rest.advertised.listener is https, but none of listeners is'],
  [{ 'rest.advertised.listener': 'ftp' }, 'Invalid value ftp for configuration rest.advertised.listener'],
  [{ 'rest.advertised.port': '70000' }, 'Invalid value 70000 for configuration rest.advertised.port'],
  [{ 'response.http.headers.config': 'set' }, "Invalid format of header config 'set'. Expected: '[action]"],
  [{ 'response.http.headers.config': 'put A:b' }, "Invalid header config action: 'put'. Expected one of [set, add,"],
  [{ 'response.http.headers.config': 'set A' }, "Invalid format of header name and header value pair 'A'"],
  [{ 'response.http.headers.config': 'set A B:c' }, "Invalid header name 'A B'"],
  [{ 'response.http.headers.config': 'set Ä:c' }, "Invalid header 'Ä'"],
  [{ 'response.http.headers.config': 'setDate A:soon' }, "Invalid header value 'soon' of setDate"],
])('refuses %j', (props, message) => {
  expect(() => read(props)).toThrow(message)
})

test('names all that is wrong at once', () => {
  const wrong = { listeners: 'x', 'admin.listeners': 'y', 'response.http.headers.config': 'a,b' }
  expect(() => read(wrong)).toThrow(
    expect.objectContaining({ context: { errors: expect.objectContaining({ length: 4 }) } }),
  )
})
