import { anyRequest } from '../../src/rest/any-request.ts'
import type { OpenApiDocument } from '../../src/rest/index.ts'
import type { Answer, Operation, Parameter } from '../../src/rest/openapi.ts'
import { code, type Page, page, prose, table } from './markdown.ts'

/** The REST API, from the document that describes it to machines. */
export function restPage(document: OpenApiDocument): Page {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ title: `${method.toUpperCase()} ${path}`, operation })),
  )
  return page(
    'docs/rest.md',
    '# REST API',
    `Kafka Connect’s, at \`http://127.0.0.1:8083\` unless [configured](configuration.md) otherwise, in the version ${document.info.version}. Requests and answers are JSON. A refusal has the body \`{"error_code", "message"}\`, where \`error_code\` is the HTTP status. The worker describes all this to machines at [\`/openapi.json\`](#get-openapijson) (OpenAPI ${document.openapi}).`,
    table(
      ['request', 'what it does'],
      operations.map(({ title, operation }) => [`[${code(title)}](#${anchor(title)})`, prose(operation.summary)]),
    ),
    ...operations.map(({ title, operation }) => block(title, operation)),
    '## Any request',
    table(
      ['status', 'when'],
      anyRequest.map(([status, when]) => [String(status), when]),
    ),
    'Properties that nothing knows are answered in headers `x-tidegate-warning`, one for each, percent-encoded.',
    ...about,
  )
}

const about = [
  '## Where it listens',
  '`listeners` names one address or several, such as `http://:8083,https://0.0.0.0:8443`; an address without a host is on the loopback address. `https` takes its certificate from `listeners.https.ssl.*` (from `ssl.*` when there are none with that prefix), and asks clients for theirs as `ssl.client.auth` says. `admin.listeners` moves `/admin` to addresses of its own, or nowhere when it is empty. `rest.advertised.host.name`, `.port` and `.listener` say how others reach the worker: that is its `worker_id`. `/metrics` is on `listeners` always.',
  '## Who may',
  'Everybody who reaches it, unless `rest.basic.auth.file` names a file of lines `user=password`, or `rest.jaas.file` a JAAS file whose context `KafkaConnect` names one, as Kafka Connect’s `BasicAuthSecurityRestExtension` wants it. The file is read again when it changes; without any user in it the worker does not start, and later lets nobody in. Passwords cross the network as they are: use `https`.',
  '## Pages of other origins',
  '`access.control.allow.origin` lists the origins whose pages may read answers (`*`: any), `access.control.allow.methods` the methods that browsers are told. `response.http.headers.config` adds headers to every answer: `[action] [name]:[value]` with commas between them, where the action is `set`, `add`, or `setDate` and `addDate` with milliseconds from now.',
] as const

/** The anchor that GitHub makes of a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replace(/\s/g, '-')

function block(title: string, { summary, parameters = [], requestBody, responses }: Operation): string {
  const query = parameters.filter((parameter) => parameter.in === 'query')
  const own = Object.entries(responses).filter(([status, answer]) => !isCommon(Number(status), answer))
  const facts = [
    ...query.map((parameter): [string, string] => [`query ${code(parameter.name)}`, parameterText(parameter)]),
    ...(requestBody ? [['body', requestBody.description] as const] : []),
    ...own.map(([status, { description }]): [string, string] => [status, description]),
  ]
  const list = facts.map(([name, text]) => `- ${name}: ${text}`).join('\n')
  return [`## ${code(title)}`, prose(summary), list].join('\n\n')
}

const parameterText = ({ description = '' }: Parameter): string => description

/** What any request can meet is told once, below. */
const isCommon = (status: number, { description }: Answer): boolean =>
  anyRequest.some(([common, text]) => common === status && text === description)
