/** Each room and the rooms it may import; a room not named here may be imported by none. The table of src/README.md. */
const connectors = ['src/connectors/file', 'src/connectors/webhook', 'src/connectors/websocket']
const rooms = {
  'src/api': [],
  'src/util': ['src/api'],
  'src/config': ['src/api', 'src/util', 'src/security'],
  'src/telemetry': ['src/api', 'src/util'],
  'src/security': ['src/api', 'src/util'],
  'src/kafka': ['src/api', 'src/util', 'src/security'],
  'src/registry': ['src/api', 'src/util', 'src/security'],
  'src/converters': ['src/api', 'src/util', 'src/registry'],
  'src/transforms': ['src/api', 'src/util'],
  'src/plugins': ['src/api', 'src/util'],
  'src/stack': ['src/api', 'src/util'],
  'src/storage': ['src/api', 'src/util', 'src/kafka'],
  'src/gateway': ['src/api', 'src/util'],
  'src/runtime': ['src/api', 'src/util', 'src/kafka', 'src/storage', 'src/plugins'],
  'src/herder': ['src/api', 'src/util', 'src/kafka', 'src/storage', 'src/runtime', 'src/plugins'],
  'src/rest': ['src/api', 'src/util', 'src/security', 'src/herder/herder.ts', 'src/plugins'],
  'src/client': [],
  'src/connectors/common': ['src/api', 'src/util'],
  ...Object.fromEntries(connectors.map((room) => [room, ['src/api', 'src/util', 'src/connectors/common']])),
}
/** Outside packages that one room alone may import. */
const owners = {
  kafkajs: ['src/kafka'],
  snappy: ['src/kafka'],
  'lz4-napi': ['src/kafka'],
  '@bokuweb/zstd-wasm': ['src/kafka'],
  '@kafkajs/confluent-schema-registry': ['src/registry'],
  avsc: ['src/registry', 'src/converters'],
  protobufjs: ['src/registry'],
  fastify: ['src/rest'],
  convict: ['src/config'],
  '@marcbachmann/cel-js': ['src/transforms'],
  re2js: ['src/transforms', 'src/util'],
  pino: ['src/telemetry'],
  'prom-client': ['src/telemetry'],
  commander: ['src/cli'],
  jose: ['src/gateway'],
  'node-forge': ['src/security'],
  undici: ['src/connectors/webhook'],
  ws: ['src/gateway/transports', 'src/connectors/websocket'],
}

const any = (paths) => `^(${paths.map((path) => path.replace('.ts', '\\.ts$')).join('|')})(/|$)`

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `${room.replace(/\//g, '-')}-imports`,
      severity: 'error',
      from: { path: any([room]) },
      to: { path: '^(src|test|scripts|bench|examples)/', pathNot: any([room, ...allowed]) },
    })),
    ...Object.entries(owners).map(([pkg, owner]) => ({
      name: `${pkg.replace(/\W/g, '-')}-owner`,
      severity: 'error',
      from: { path: '^src/', pathNot: any(owner) },
      to: { path: `node_modules/${pkg}/` },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
}
