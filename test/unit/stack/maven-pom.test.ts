import { expect, test } from 'vitest'
import { parseLock } from '../../../src/stack/lock.ts'
import { toPom } from '../../../src/stack/maven-pom.ts'

test('names each file with its type and classifier, and escapes the folder', () => {
  const bundle = { version: '1', bytes: 1, artifacts: { 'x:y:3:tar.gz:all': 'a'.repeat(64) } }
  const pom = toPom(parseLock({ kafka: bundle, registry: bundle }).kafka.artifacts, '/tmp/a&b')
  expect(pom).toContain('<groupId>x</groupId><artifactId>y</artifactId><version>3</version>')
  expect(pom).toContain('<type>tar.gz</type><classifier>all</classifier>')
  expect(pom).toContain('<outputDirectory>/tmp/a&amp;b</outputDirectory>')
})
