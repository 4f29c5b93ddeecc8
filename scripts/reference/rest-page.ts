import { code, type Page, page, prose, table } from './markdown.ts'

export interface DocumentedRoute {
  readonly method: string
  readonly path: string
  readonly doc: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: string
  readonly statuses: Readonly<Record<number, string>>
}

/** The REST API, from the table that the server is made of. */
export const restPage = (routes: readonly DocumentedRoute[]): Page =>
  page(
    'docs/rest.md',
    '# REST API',
    'Kafka Connect’s, at `http://127.0.0.1:8083` unless [configured](configuration.md) otherwise. Requests and answers are JSON. A refusal has the body `{"error_code", "message"}`, where `error_code` is the HTTP status.',
    table(
      ['request', 'what it does'],
      routes.map((route) => [`[${code(title(route))}](#${anchor(title(route))})`, prose(route.doc)]),
    ),
    ...routes.map(routeBlock),
    '## Any request',
    table(
      ['status', 'when'],
      anyRequest.map(([status, when]) => [String(status), when]),
    ),
    'Properties that nothing knows are answered in headers `x-tidegate-warning`, one for each, percent-encoded.',
  )

const anyRequest: readonly (readonly [number, string])[] = [
  [400, 'the body is malformed; the message says what is wrong and where'],
  [404, 'no such path'],
  [405, 'the path has no such method; `Allow` names those that it has'],
  [406, 'the client does not accept `application/json`'],
  [409, 'something else is under way; try again'],
  [413, 'the body is larger than 1 MiB'],
  [415, 'a body that is not `application/json`'],
  [500, 'the worker failed, or took longer than 90 s'],
]

const title = ({ method, path }: DocumentedRoute): string => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`

/** The anchor that GitHub makes of a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .replace(/\s/g, '-')

function routeBlock(route: DocumentedRoute): string {
  const { doc, query = {}, body, statuses } = route
  const facts = [
    ...Object.entries(query).map(([name, text]) => [`query ${code(name)}`, text]),
    ...(body === undefined ? [] : [['body', body]]),
    ...Object.entries(statuses).map(([status, text]) => [status, text]),
  ]
  return [`## ${code(title(route))}`, prose(doc), facts.map(([name, text]) => `- ${name}: ${text}`).join('\n')].join(
    '\n\n',
  )
}
