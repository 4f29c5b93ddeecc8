/** Kafka Connect's worker properties of the REST API; `rest-settings.ts` reads them. */
export const restKeys = {
  listeners: {
    type: 'list',
    importance: 'low',
    default: null,
    doc: 'Where the REST API listens, such as `http://0.0.0.0:8083` or `https://:8443`. A listener without host is on the loopback address. Overrides `rest.host` and `rest.port`. TLS is set up under `listeners.https.`, else by the worker’s own `ssl.*`.',
  },
  'admin.listeners': {
    type: 'list',
    importance: 'low',
    default: null,
    doc: 'Where `/admin/loggers` is served: beside the rest when absent, nowhere when empty. TLS is set up under `admin.listeners.https.`.',
  },
  'ssl.client.auth': {
    type: 'string',
    importance: 'low',
    default: 'none',
    values: ['none', 'requested', 'required'],
    doc: 'Whether clients of https listeners show a certificate.',
  },
  'rest.advertised.host.name': {
    type: 'string',
    importance: 'low',
    default: null,
    doc: 'The host name by which others reach the REST API.',
  },
  'rest.advertised.listener': {
    type: 'string',
    importance: 'low',
    default: null,
    doc: 'The protocol by which others reach the REST API: `http` or `https`.',
  },
  'rest.extension.classes': {
    type: 'list',
    importance: 'low',
    default: [],
    doc: 'Kafka Connect’s `BasicAuthSecurityRestExtension` asks for users and passwords; with any other Java class the worker does not start.',
  },
  'rest.basic.auth.file': {
    type: 'string',
    importance: 'low',
    default: null,
    doc: 'Ours: the file of lines `user=password` that may use the REST API.',
  },
  'rest.jaas.file': {
    type: 'string',
    importance: 'low',
    default: null,
    doc: 'Ours: the file that Java is given by `java.security.auth.login.config`, which names the file of users.',
  },
  'rest.allowed.hosts': {
    type: 'list',
    importance: 'low',
    default: [],
    doc: 'Ours: the names, besides `localhost`, IP addresses and `rest.advertised.host.name`, by which the REST API may be asked where it listens on the loopback address without users. Any other name there is refused, because a page in a browser could bring it along; `*`: any.',
  },
  'access.control.allow.origin': {
    type: 'string',
    importance: 'low',
    default: '',
    doc: 'Origins of pages that may use the REST API, separated by commas; `*`: any.',
  },
  'access.control.allow.methods': {
    type: 'string',
    importance: 'low',
    default: '',
    doc: 'The methods that such pages may use. Empty: GET, POST, HEAD.',
  },
  'response.http.headers.config': {
    type: 'string',
    importance: 'low',
    default: '',
    doc: 'Headers of every answer: `[action] Name: value`, separated by commas; the action is set, add, setDate or addDate.',
  },
} as const
