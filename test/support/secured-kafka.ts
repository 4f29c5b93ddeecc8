import { execFile } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { fetchStack } from '../../src/stack/fetch-stack.ts'
import { findJava } from '../../src/stack/find-java.ts'
import { freePort, stackEnvironment } from '../../src/stack/index.ts'
import { planKafka, toServerProperties } from '../../src/stack/plan-kafka.ts'
import { createServer } from '../../src/stack/server.ts'
import { systemClock } from '../../src/util/clock.ts'
import { type Authority, createAuthority, storePassword } from './key-stores.ts'

/** The user of every mechanism. */
export const kafkaUser = { name: 'alice', password: 'alice-never-in-a-message' }

const listenerNames = ['PLAINTEXT', 'SASL', 'MTLS', 'OAUTH', 'CLAIMS', 'ELSEWHERE', 'EXPIRED'] as const
type Listener = (typeof listenerNames)[number]

/** A broker that wants to know who asks. */
export interface SecuredKafka {
  /**
   * `host:port`. SASL: SASL_SSL with SCRAM and PLAIN; MTLS: SSL that wants a certificate; OAUTH: SASL_SSL with tokens that it validates;
   * CLAIMS: SASL_PLAINTEXT with unsigned ones; ELSEWHERE, EXPIRED: SSL with a certificate for another host, or an old one.
   */
  readonly servers: Readonly<Record<Listener, string>>
  readonly authority: Authority
  /** A token that OAUTH accepts. */
  token(): Promise<string>
  stop(): Promise<void>
}

/** Starts it with key stores made by keytool and users added when its log was formatted; in a folder that is gone after `stop`. */
export async function startSecuredKafka(): Promise<SecuredKafka> {
  const environment = stackEnvironment(process.env, homedir())
  const found = await findJava(environment.javaHome)
  const java = found.command ?? 'java'
  const { kafkaClasspath } = await fetchStack({ ...environment, clock: systemClock, progress: () => undefined })
  const dir = await mkdtemp(join(tmpdir(), 'tidegate-secured-'))
  const authority = await createAuthority()
  const signing = await generateKeyPair('RS256', { extractable: true })
  const jwks = join(dir, 'jwks.json')
  await writeFile(jwks, JSON.stringify({ keys: [{ ...(await exportJWK(signing.publicKey)), kid: 'k', alg: 'RS256' }] }))
  const ports = await Promise.all(listenerNames.map(() => freePort()))
  const servers = Object.fromEntries(listenerNames.map((name, index) => [name, `localhost:${ports[index]}`])) as Record<
    Listener,
    string
  >
  const stores = await keyStores(authority)

  const plan = planKafka({ dir, java, classpath: kafkaClasspath })
  const config = join(dir, 'server.properties')
  const data = join(dir, 'data', 'kafka')
  const secured = {
    ...plan,
    async prepare(port: number) {
      await mkdir(data, { recursive: true })
      await writeFile(join(dir, 'log4j2.properties'), logging)
      const controller = await freePort()
      await writeFile(config, toServerProperties(port, controller, data))
      await appendFile(config, toLines(properties(servers, controller, stores, jwks)))
      const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
        '--add-scram',
        `${mechanism}=[name=${kafkaUser.name},password=${kafkaUser.password}]`,
      ])
      const tool = [
        '-cp',
        kafkaClasspath,
        'kafka.tools.StorageTool',
        'format',
        '-t',
        'c2VjdXJlZC1rYWZrYS10ZQ',
        '-c',
        config,
      ]
      await promisify(execFile)(java, ['-XX:TieredStopAtLevel=1', ...tool, ...users])
    },
    command(port: number): readonly [string, ...string[]] {
      const [first, ...rest] = plan.command(port)
      // Kafka reads keys for tokens only from where it is allowed to.
      const allowed = `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${pathToFileURL(jwks).href}`
      return [first, allowed, `-Dorg.apache.kafka.sasl.oauthbearer.allowed.files=${jwks}`, ...rest]
    },
  }
  const server = createServer(secured, {
    clock: systemClock,
    lifetime: 'with-us',
    scratch: dir,
    startTimeoutMs: 60_000,
    stopTimeoutMs: 15_000,
  })
  const stop = async () => {
    await server.kill('SIGKILL')
    await Promise.all([authority.close(), rm(dir, { recursive: true, force: true, maxRetries: 3 })])
  }
  try {
    await server.start(ports[0] ?? 0)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    servers,
    authority,
    token: () =>
      new SignJWT({ scope: 'kafka' })
        .setProtectedHeader({ alg: 'RS256', kid: 'k' })
        .setSubject(kafkaUser.name)
        .setAudience('kafka')
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(signing.privateKey),
    stop,
  }
}

interface Stores {
  readonly trust: string
  readonly broker: string
  readonly elsewhere: string
  readonly expired: string
}

const keyStores = async (authority: Authority): Promise<Stores> => ({
  trust: await authority.trustStore('PKCS12'),
  broker: await authority.keyStore('broker', 'PKCS12'),
  elsewhere: await authority.keyStore('elsewhere', 'PKCS12', { san: 'dns:elsewhere.example' }),
  expired: await authority.keyStore('expired', 'PKCS12', { from: '-9d', validDays: 3 }),
})

function properties(servers: Record<Listener, string>, controller: number, stores: Stores, jwks: string) {
  const addresses = (host: string) =>
    listenerNames.map((name) => `${name}://${servers[name].replace('localhost', host)}`)
  const security = 'org.apache.kafka.common.security'
  const store = (listener: string, file: string) => ({
    [`listener.name.${listener}.ssl.keystore.location`]: file,
    [`listener.name.${listener}.ssl.keystore.password`]: storePassword,
    [`listener.name.${listener}.ssl.keystore.type`]: 'PKCS12',
  })
  return {
    listeners: [...addresses('127.0.0.1'), `CONTROLLER://127.0.0.1:${controller}`].join(','),
    'advertised.listeners': addresses('localhost').join(','),
    'listener.security.protocol.map':
      'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,MTLS:SSL,OAUTH:SASL_SSL,CLAIMS:SASL_PLAINTEXT,ELSEWHERE:SSL,EXPIRED:SSL',
    'inter.broker.listener.name': 'PLAINTEXT',
    'ssl.truststore.location': stores.trust,
    'ssl.truststore.password': storePassword,
    'ssl.truststore.type': 'PKCS12',
    ...store('sasl', stores.broker),
    ...store('mtls', stores.broker),
    ...store('oauth', stores.broker),
    ...store('elsewhere', stores.elsewhere),
    ...store('expired', stores.expired),
    'listener.name.mtls.ssl.client.auth': 'required',
    'listener.name.sasl.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.sasl.plain.sasl.jaas.config': `${security}.plain.PlainLoginModule required user_${kafkaUser.name}="${kafkaUser.password}";`,
    'listener.name.sasl.scram-sha-256.sasl.jaas.config': `${security}.scram.ScramLoginModule required;`,
    'listener.name.sasl.scram-sha-512.sasl.jaas.config': `${security}.scram.ScramLoginModule required;`,
    'listener.name.oauth.sasl.enabled.mechanisms': 'OAUTHBEARER',
    'listener.name.oauth.oauthbearer.sasl.jaas.config': `${security}.oauthbearer.OAuthBearerLoginModule required;`,
    'listener.name.oauth.oauthbearer.sasl.server.callback.handler.class': `${security}.oauthbearer.OAuthBearerValidatorCallbackHandler`,
    'listener.name.oauth.sasl.oauthbearer.jwks.endpoint.url': pathToFileURL(jwks).href,
    'listener.name.oauth.sasl.oauthbearer.expected.audience': 'kafka',
    'listener.name.claims.sasl.enabled.mechanisms': 'OAUTHBEARER',
    'listener.name.claims.oauthbearer.sasl.jaas.config': `${security}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
  }
}

const toLines = (entries: Readonly<Record<string, string>>): string =>
  Object.entries(entries)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')

const logging = `rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %-5p %c{1} %m%n
`
