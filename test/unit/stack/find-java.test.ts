import { expect, test } from 'vitest'
import { parseJavaVersion } from '../../../src/stack/find-java.ts'

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "1.8.0_402"', 8],
  ['openjdk version "25" 2025-09-16', 25],
  ['openjdk version "24-ea" 2025-03-18', 24],
  ['command not found', undefined],
])('%s is Java %s', (text, version) => {
  expect(parseJavaVersion(text)).toBe(version)
})
