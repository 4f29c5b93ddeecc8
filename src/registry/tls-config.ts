const text = (doc: string) => ({ type: 'string', importance: 'medium', default: null, doc }) as const

const secret = (doc: string) => ({ type: 'password', importance: 'medium', default: null, doc }) as const

/** Stands before Kafka's names of the TLS properties. */
export const tlsPrefix = 'schema.registry.'

/** Kafka's `ssl.*` properties for the registry and the issuer of tokens; the room `security` reads them. */
export const tlsKeys = {
  'schema.registry.ssl.truststore.location': text(
    'The file with the certificates to trust instead of those that Node trusts.',
  ),
  'schema.registry.ssl.truststore.type': text('`PEM`, `PKCS12` or `JKS`.'),
  'schema.registry.ssl.truststore.password': secret('The password of the trust store.'),
  'schema.registry.ssl.truststore.certificates': secret('The certificates to trust themselves, as PEM.'),
  'schema.registry.ssl.keystore.location': text('The file with the certificate and key to show to the registry.'),
  'schema.registry.ssl.keystore.type': text('`PEM`, `PKCS12` or `JKS`.'),
  'schema.registry.ssl.keystore.password': secret('The password of the key store.'),
  'schema.registry.ssl.keystore.certificate.chain': secret('The certificate to show and its chain themselves, as PEM.'),
  'schema.registry.ssl.keystore.key': secret('The key itself, as PEM.'),
  'schema.registry.ssl.key.password': secret('The password of the key.'),
  'schema.registry.ssl.enabled.protocols': text('The versions of TLS that may be used, separated by commas.'),
  'schema.registry.ssl.cipher.suites': text('The cipher suites that may be used, separated by commas.'),
  'schema.registry.ssl.endpoint.identification.algorithm': text(
    "`https`: the host name must be the certificate's. Empty: it is not compared.",
  ),
} as const
