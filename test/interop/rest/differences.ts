import type { WantedDifference } from './compare.ts'

/** What may differ. Each entry names its row of docs/differences.md; one that no case needs any more fails the suite. */
export const wantedDifferences: readonly WantedDifference[] = [
  {
    case: /^malformed bodies$/,
    step: /^(no JSON|empty|a list|an unknown member|a nested value|a list for a configuration|an unknown initial state)$/,
    path: /^(status|body\.error_code)$/,
    row: 'REST: malformed JSON, unknown member, wrong type, nested value in a configuration',
  },
  {
    case: /^(names|PATCH config|initial states)$/,
    step: /^(null configuration|no map|empty)$/,
    path: /^(status|body\.error_code)$/,
    row: 'REST: malformed JSON, unknown member, wrong type, nested value in a configuration',
  },
  {
    case: /^(unknown paths and methods|content types|admin listener)$/,
    path: /^headers\.content-type$/,
    row: 'REST: 404, 405, 406, 415',
  },
  {
    case: /^names in paths$/,
    step: /^a slash in a name$/,
    path: /^headers\.content-type$/,
    row: 'REST: 404, 405, 406, 415',
  },
  {
    case: /^unknown paths and methods$/,
    step: /^(DELETE|PUT|PATCH|GET .*restart$)/,
    path: /^headers\.allow$/,
    row: 'REST: 405',
  },
  {
    case: /^(HEAD and OPTIONS|browsers)$/,
    step: /^(OPTIONS|preflight)/,
    path: /^headers\.(allow|access-control-allow-methods)$/,
    row: 'REST: the order of methods in `Allow` and `Access-Control-Allow-Methods`',
  },
  {
    case: /^what the location says$/,
    step: /^(with characters of many kinds|delete it)$/,
    path: /^(headers\.location|status)$/,
    row: 'REST: `&`, `=`, `+`, `:`, `@` and `%` of a name in `Location`',
  },
  {
    case: /^what the location says$/,
    step: /^asked by a foreign name$/,
    path: /^(status|body\.error_code)$/,
    row: 'REST on the loopback address without users: a foreign `Host`, pages of other origins',
  },
  { case: /^life of a sink$/, step: /^what a task says of itself$/, path: /^body\.facts$/, row: 'status of a task' },
  {
    case: /^what validation does not see$/,
    step: /^create$/,
    path: /^(status|headers\.location|body\.(error_code|message|name|config|tasks|type))$/,
    row: 'REST, standalone: a connector that does not start after it was accepted',
  },
  {
    case: /^unknown connectors$/,
    step: /^(stop|restart |POST .*\/tasks\/0\/restart)$/,
    path: /^(status|body\.error_code)$/,
    row: 'REST, standalone: restart or stop of an unknown connector',
  },
  {
    case: /^configuration of plugins$/,
    step: /^an inner class by simple name$/,
    path: /^(status|body)$/,
    row: '`Cast$Value` and the like without a package',
  },
  {
    case: /^configuration of plugins$/,
    step: /^no plugin$/,
    path: /^(status|body\.error_code)$/,
    row: 'classes of Java that are no plugins, such as `java.lang.String`',
  },
  {
    case: /^validate (transformations|converters)$/,
    step: /^a class of Java$/,
    path: /^body\.configs\.(transforms\.a\.type\.value\.value|value\.converter\.(value\.value|plugin\.version\.value\.visible))$/,
    row: 'classes of Java that are no plugins, such as `java.lang.String`',
  },
  {
    case: /^validate a sink$/,
    step: /^(no class|unknown plugin)$/,
    path: /^(status|body\.error_code)$/,
    row: 'validate: no `connector.class`, or one that is unknown',
  },
  {
    case: /^validate a sink$/,
    step: /^(a version that is none|a number of a client that is none)$/,
    path: /^(status|body\.(error_code|message|count|connector\.plugin\.version|consumer\.override\.max\.poll\.records))$/,
    row: 'validate: a version range or a number of a client that cannot be read',
  },
  {
    case: /^validate (a sink|converters)$/,
    step: /^(clients|the group of a worker|json|JsonConverter)$/,
    path: /^body\.(configs\.order|groups\.[45])$/,
    row: "validate: the order of a converter's options and of overrides",
  },
  {
    case: /^what else can be chosen$/,
    path: /^body\.(groups|keys|choices)\.\d+$/,
    row: 'plugins and keys to choose',
  },
  {
    case: /^validate transformations$/,
    step: /^missing expression$/,
    path: /^body\.(error_count|configs\.transforms\.a\.regex\.value\.errors\.1)$/,
    row: 'validate: a missing regular expression',
  },
  {
    case: /^validate transformations$/,
    step: /^unknown predicate$/,
    path: /^body\.(error_count|configs\.transforms\.a\.predicate\.value\.errors)$/,
    row: 'validate: a predicate that is not declared',
  },
  {
    case: /^validate (transformations|converters)$/,
    step: /^(values that are none|values of predicates that are none|json options)$/,
    path: /^body\.(transforms\.t[0-7]|predicates\.[pr]|value\.converter)\.[a-z.]+\.0$/,
    row: 'validate: names in complaints about options of transformations, predicates and converters',
  },
  {
    case: /^config providers$/,
    step: /^validate$/,
    path: /^body$/,
    row: 'validate: values of config providers',
  },
  {
    case: /^config providers$/,
    step: /^a file that is not there$/,
    path: /^(status|body\.error_code)$/,
    row: 'REST: a config provider that fails',
  },
  {
    case: /^(basic authentication|browsers)$/,
    step: /^(nobody|preflight of nobody)$/,
    path: /^headers\.(www-authenticate|content-type)$/,
    row: 'REST: 401',
  },
  {
    case: /^basic authentication$/,
    step: /^broken$/,
    path: /^(status|body)$/,
    row: 'REST: `Authorization` that cannot be read',
  },
  { case: /^admin listener$/, step: /^nobody$/, path: /^(status|body)$/, row: '`admin.listeners` with users' },
]
