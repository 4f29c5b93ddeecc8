import { inject } from 'vitest'

/** Registers a schema under a subject of the test's registry; gives its id. */
export async function register(
  subject: string,
  schema: object | string,
  url = inject('registry'),
  schemaType: 'AVRO' | 'JSON' | 'PROTOBUF' = 'AVRO',
  references: readonly object[] = [],
): Promise<number> {
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema)
  const response = await fetch(`${url}/subjects/${encodeURIComponent(subject)}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ schema: text, schemaType, references }),
  })
  if (!response.ok) throw new Error(`${subject}: ${response.status} ${await response.text()}`)
  return ((await response.json()) as { id: number }).id
}
