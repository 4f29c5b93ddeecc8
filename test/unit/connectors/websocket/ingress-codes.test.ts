import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { ingressCodes } from '../../../../src/connectors/websocket/ingress-codes.ts'

test('every code that a publish may be answered with is documented, and every documented one exists', async () => {
  const source = await readFile('src/connectors/websocket/ingress-answers.ts', 'utf8')
  const listed = /const codes = \[([^\]]*)\]/.exec(source)?.[1] ?? ''
  const answered = [...source.matchAll(/code: '(\w+)'/g), ...listed.matchAll(/'(\w+)'/g)].map(([, code]) => code)
  expect(
    [...new Set(answered), 'invalid'].filter((code, index, all) => all.indexOf(code) === index).toSorted(),
  ).toEqual(Object.keys(ingressCodes).toSorted())
})
