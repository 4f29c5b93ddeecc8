import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { ingressCodes } from '../../../../src/connectors/websocket/ingress-codes.ts'

test('every code that a publish may be answered with is documented, and every documented one exists', async () => {
  const source = await readFile('src/connectors/websocket/ingress-answers.ts', 'utf8')
  const listed = /const codes = \[([^\]]*)\]/.exec(source)?.[1] ?? ''
  const matches = [...source.matchAll(/code: '(\w+)'/g), ...listed.matchAll(/'(\w+)'/g)]
  const answered = new Set(['invalid', ...matches.map(([, code]) => String(code))])
  expect(answered).toEqual(new Set(Object.keys(ingressCodes)))
})
